/** Run | the steps of an expanded call: in full, and in the short notation of sequences of maintenance. Pure. */

import { memoryMap } from '../../machines/geometry.ts'
import type { MaintenanceOp } from '../../machines/protocol.ts'
import { sysmmuRegs } from '../../machines/sysmmu/regs.ts'
import { hex } from '../base/bits.ts'
import type { Row } from '../dma/program-runner.ts'
import type { Expansion } from './expand.ts'
import type { Paint } from './report.ts'

const plain: Paint = (_tone, text) => text

/** `c`, `i`, `f`: clean, invalidate, clean and invalidate a line of the L1; capitals: of the L2; `S`: its sync. */
const letters: Readonly<Record<MaintenanceOp, string>> = { clean: 'c', invalidate: 'i', 'clean-invalidate': 'f' }

/** Calls of the os that the notation names; the others keep books. */
const callNames: Readonly<Record<string, string>> = {
  'iova.alloc': 'IOVA.ALLOC',
  'iova.alloc-within': 'IOVA.ALLOC',
  'iova.free': 'IOVA.FREE',
  'table.alloc': 'TABLE.ALLOC',
  'kernel.map': 'KMAP',
  'kernel.unmap': 'KUNMAP',
  'user.map': 'MMAP',
  'page.alloc': 'PAGE.ALLOC',
  'page.alloc-single': 'PAGE.ALLOC',
  'page.free': 'PAGE.FREE',
  'pool.alloc': 'POOL.ALLOC',
  'pool.free': 'POOL.FREE',
}

/** Steps that stand for what is inside them. */
const stepNames: Readonly<Record<string, string>> = {
  'copy in': 'COPY_IN',
  'copy out': 'COPY_OUT',
  'look up': 'LOOKUP',
  'unmap from kernel': 'KUNMAP',
}

/** Lines that a range touches. */
function linesOf({ addr, bytes }: Row, lineBytes: number): number {
  return bytes === 0 ? 0 : Math.floor((addr + bytes - 1) / lineBytes) - Math.floor(addr / lineBytes) + 1
}

/** The register of SYSMMU0 at `addr`, as its manual writes it. */
function registerOf(addr: number): string {
  const offset = addr - memoryMap.sysmmuFimc0.base
  const name = Object.entries(sysmmuRegs).find(([, value]) => value === offset)?.[0]
  return name === undefined ? hex(addr) : name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()
}

/**
 * One word for each step that is not bookkeeping: `128*c DSB 128*C S`. Left out: locks with their barriers (the DSB in the
 * unlock of the L2 among them), masked interrupts, look-ups of lists and of tables.
 */
export function shortSteps({ rows, lineBytes }: Pick<Expansion, 'rows' | 'lineBytes'>): string[] {
  const words: string[] = []
  let inside = ''
  for (const row of rows) {
    const step = row.path.map((name) => stepNames[name]).find((name) => name !== undefined)
    if (step !== undefined) {
      if (inside !== step) words.push(step)
      inside = step
      continue
    }
    inside = ''
    const word = wordOf(row, lineBytes)
    if (word !== undefined) words.push(word)
  }
  return words
}

function wordOf(row: Row, lineBytes: number): string | undefined {
  const { op, text, addr, path } = row
  switch (op) {
    case 'maintain':
    case 'l2-maintain': {
      const letter = letters[row.action as MaintenanceOp]
      return `${linesOf(row, lineBytes)}*${op === 'maintain' ? letter : letter.toUpperCase()}`
    }
    case 'l2-sync':
      return 'S'
    case 'dsb':
      return path.at(-1) === 'unlock' ? undefined : 'DSB'
    case 'store':
    case 'store-range':
      return storeWord(row)
    case 'mmio-write':
      return `${registerOf(addr)}=${text.slice('mmio-write '.length)}`
    case 'mmio-read':
      return `read ${registerOf(addr)}`
    case 'call':
      return callNames[text]
    default:
      return undefined
  }
}

function storeWord({ bytes, path }: Row): string {
  if (path.includes('clear')) return `memset ${bytes}`
  if (path.includes('install level-2 table')) return bytes > 4 ? `memset ${bytes}` : 'PTE.W(L1)'
  if (path.includes('clear level-2 entries')) return 'PTE.W(L2=0)'
  if (path.includes('write level-2 entries')) return 'PTE.W(L2)'
  return `store ${bytes}`
}

/** What a reader sees first: the short form, then every step with where it belongs. */
export function reportExpansion(expansion: Expansion, paint: Paint = plain): string {
  const { op, backend, edition, direction, attrs, bytes, offset, geometry, rows } = expansion
  const at = offset === 0 ? '' : ` from offset ${offset}`
  const how = [direction, ...attrs].join(', ')
  const lines = [`${paint('strong', op)}  ${backend}, edition ${edition}, ${how}, ${bytes} bytes${at}, ${geometry}`]
  if (expansion.missing !== undefined) lines.push(`  ${paint('bad', missingText[expansion.missing])}`)
  const short = shortSteps(expansion)
  lines.push(`  ${short.length > 0 ? short.join(' ') : '(nothing)'}`, '')
  let before: readonly string[] = []
  for (const row of rows) {
    row.path.forEach((name, depth) => {
      if (before[depth] !== name || !row.path.slice(0, depth).every((outer, i) => before[i] === outer)) {
        lines.push(`  ${'  '.repeat(depth)}${paint('faint', name)}`)
      }
    })
    before = row.path
    lines.push(`  ${'  '.repeat(row.path.length)}${rowText(row, expansion.lineBytes)}`)
  }
  return `${lines.join('\n')}\n`
}

const missingText = {
  called: 'the table of this edition has no such method: the kernel jumps to address 0',
  skipped: 'the table of this edition has no such method: nothing is done, and nobody hears of it',
} as const

function rowText(row: Row, lineBytes: number): string {
  const { op, text, addr, bytes } = row
  const count = linesOf(row, lineBytes)
  if (op === 'maintain' || op === 'l2-maintain')
    return `${text}  ${hex(addr)}, ${count} ${count === 1 ? 'line' : 'lines'}`
  if (op === 'mmio-write') return `write ${registerOf(addr)} = 0x${text.slice('mmio-write '.length)}`
  if (op === 'mmio-read') return `read ${registerOf(addr)}`
  if (op === 'call') return `call ${text}`
  return bytes > 0 ? `${text}  ${hex(addr)}, ${bytes} bytes` : text
}

/** The same as plain data. */
export function jsonOfExpansion({ rows, ...rest }: Expansion): unknown {
  const steps = rows.map(({ op, text, addr, bytes, action, path }) => {
    return { path, op, text, ...(bytes > 0 ? { addr, bytes } : {}), ...(action ? { action } : {}) }
  })
  return { ...rest, short: shortSteps({ rows, lineBytes: rest.lineBytes }), steps }
}
