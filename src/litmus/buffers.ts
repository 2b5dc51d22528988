/** Litmus | the buffers of a test as the oracles know them: what stands at the start, hand-overs, doorbells. */

import type { Operand } from '../../machines/cpu/micro-op.ts'
import type { CpuMark, Emitted, MarkName } from '../../machines/protocol.ts'
import { alignDown } from '../base/bits.ts'
import { UsageError } from '../base/errors.ts'
import type { Assembler, MarkArgs } from '../dma/assembler.ts'
import { knownValue } from './constants.ts'
import type { CpuGround } from './cpu-program.ts'
import type { DirectionName, Expression, LitmusTest, Location, Statement } from './form.ts'
import { ioSpace, type ioSpacesIn, spaceArgs } from './io-spaces.ts'
import { type Ground, ioPagesAt, knownNamed, spotOf } from './locations.ts'
import type { Layout } from './memory-layout.ts'
import { placed } from './sizes.ts'
import { statementsOf, statementsOfAll } from './statements.ts'
import { unitBefore } from './table-units.ts'

/** DMA memory with a name. */
export interface Buffer {
  readonly name: string
  /** What the device knows it by: an IO address, or its physical address. */
  readonly handle: number
  readonly addr: number
  readonly bytes: number
  /** Of IO addresses: the one that `handle` is of. */
  readonly space: number
  /** Actor id of the device. */
  readonly device: string
  /** Who transfers what; coherent memory belongs to both sides all the time. */
  readonly kind: 'streaming' | 'coherent'
  readonly direction: DirectionName
}

const directionNames: Readonly<Record<DirectionName, string>> = {
  TO_DEVICE: 'to-device',
  FROM_DEVICE: 'from-device',
  BIDIRECTIONAL: 'bidirectional',
}

/** The buffers of one test, and the marks that programs make about them. */
export class Buffers {
  readonly all: readonly Buffer[]
  private readonly layout: Layout
  private readonly test: LitmusTest
  private readonly idOf: (name: string) => string
  /** Hand-overs and doorbells in the order of the text. */
  private readonly order: readonly Statement[]

  /** @param idOf actor id of a device by its name */
  constructor(
    test: LitmusTest,
    layout: Layout,
    devices: readonly { readonly name: string }[],
    idOf: (name: string) => string,
  ) {
    this.idOf = idOf
    this.layout = layout
    this.test = test
    this.order = [...statementsOfAll(test.actors)].filter(({ do: what }) => what === 'hand-over' || what === 'bell')
    const streaming = this.streamingBuffers(devices.map(({ name }) => name))
    this.all = [...streaming, ...this.coherentBuffers(new Set(streaming.map(({ name }) => name)))]
  }

  /** The first hand-over of a name says in which direction it is mapped. */
  private streamingBuffers(devices: readonly string[]): Buffer[] {
    const found = new Map<string, Buffer>()
    for (const statement of this.order) {
      if (statement.do !== 'hand-over' || statement.buffer.place !== 'named') continue
      const { name } = statement.buffer
      const device = statement.device ?? devices[0]
      if (device === undefined)
        throw new UsageError(`${placed(statement.at)}no device could take ${name}: the test has none`)
      if (!found.has(name)) found.set(name, this.buffer(name, device, 'streaming', statement.direction, statement.at))
    }
    return [...found.values()]
  }

  /** What devices reach by name, and what stands in tables, without ever changing hands. */
  private coherentBuffers(known: ReadonlySet<string>): Buffer[] {
    const result: Buffer[] = []
    const taken = new Set(this.pagesBehind(known))
    for (const actor of this.test.actors) {
      if (actor.actor !== 'device') continue
      for (const { location } of namedIn(actor.body)) {
        const memory = this.behind(location.name, actor.name)
        if (memory === undefined || known.has(memory) || taken.has(memory)) continue
        taken.add(memory)
        result.push(this.buffer(memory, actor.name, 'coherent', 'BIDIRECTIONAL', undefined))
      }
    }
    return result
  }

  /** Names of memory that is known already. */
  private pagesBehind(known: ReadonlySet<string>): string[] {
    return [...known].flatMap((name) => this.behind(name) ?? [])
  }

  /** The memory that a name leads to: itself, or what an IO page is mapped to at the start, before that device if one is given. */
  private behind(name: string, device?: string): string | undefined {
    const known = this.layout.names.get(name)
    if (known?.kind === 'words') return name
    if (known?.kind !== 'io') return undefined
    const unit = device === undefined ? undefined : unitBefore(this.test, device)?.name
    const mapping = this.layout.mappings.find(({ unit: of, from, bytes }) => {
      return (unit === undefined || of === unit) && known.addr >= from && known.addr < from + bytes
    })
    if (mapping === undefined) return undefined
    const addr = mapping.to + known.addr - mapping.from
    for (const [other, one] of this.layout.names) {
      if (one.kind === 'words' && addr >= one.addr && addr < one.addr + one.words * one.elements * 4) return other
    }
    return undefined
  }

  private buffer(
    name: string,
    device: string,
    kind: Buffer['kind'],
    direction: DirectionName,
    at: Statement['at'],
  ): Buffer {
    const known = this.layout.names.get(this.behind(name) ?? name)
    if (known?.kind !== 'words') throw new UsageError(`${placed(at)}${name} is no memory that could be handed over`)
    const { addr } = known
    const bytes = known.words * known.elements * 4
    const unit = unitBefore(this.test, device)
    const mapping = this.layout.mappings.find(
      ({ unit: of, to, bytes: size }) => of === unit?.name && addr >= to && addr < to + size,
    )
    const handle = mapping === undefined ? addr : mapping.from + addr - mapping.to
    const space = mapping === undefined ? 0 : ioSpace(this.layout.units, mapping.unit, mapping.tag)
    return { name: this.behind(name) ?? name, device: this.idOf(device), handle, addr, bytes, space, kind, direction }
  }

  /** The buffer that a place is in. */
  named(ground: Ground, location: Location): Buffer {
    const name = location.place === 'named' ? (this.behind(location.name) ?? location.name) : undefined
    const found = this.all.find((buffer) => buffer.name === name)
    if (found !== undefined) return found
    if (location.place === 'named') knownNamed(ground, location.name, location)
    else
      throw new UsageError(
        `${placed(location.at)}a buffer changes hands by its name: where a pointer leads is known only when the test runs`,
      )
    throw new UsageError(
      `${placed(location.at)}${name} is no buffer: no device reaches it, and it is never handed over`,
    )
  }

  /** Whether all mappings are made by calls, and some call unmaps: then what it leaves out is a leak. */
  private givesMappingsBack(): boolean {
    if (this.all.length > 0 || this.layout.mappings.length > 0) return false
    return [...statementsOfAll(this.test.actors)].some(({ do: what, ...rest }) => {
      return what === 'call' && 'call' in rest && /^dma_(unmap|free)_/.test(rest.call)
    })
  }

  /**
   * Whether some program gives the memory of a streaming buffer to a new owner, and it changes hands only as a whole. It is
   * mapped by whoever has it: to hand it to the device is to map it, and to take it back to unmap it. Elsewhere a buffer is
   * mapped from the start, and synced.
   */
  changesOwner({ name, kind }: Buffer): boolean {
    if (kind !== 'streaming') return false
    const isPartial = (one: Statement): boolean =>
      one.do === 'hand-over' &&
      one.buffer.place === 'named' &&
      this.behind(one.buffer.name) === name &&
      (one.buffer.index !== undefined || one.buffer.field !== undefined)
    if (this.order.some(isPartial)) return false
    return [...statementsOfAll(this.test.actors)].some((one) => one.do === 'page' && one.page === name)
  }

  /** Buffers that a device may use once this doorbell rings: coherent ones, and those handed to it last before, in the text. */
  rungFor(bell: Extract<Statement, { do: 'bell' }>): readonly Buffer[] {
    const last = new Map<string, 'dev' | 'cpu'>()
    for (const statement of this.order) {
      if (statement === bell) break
      if (statement.do === 'hand-over' && statement.buffer.place === 'named') {
        last.set(this.behind(statement.buffer.name) ?? statement.buffer.name, statement.to)
      }
    }
    return this.all.filter(
      ({ name, device, kind }) =>
        device === this.idOf(bell.device) && (kind === 'coherent' || last.get(name) === 'dev'),
    )
  }

  /**
   * Around the store of an entry: the pages of IO addresses that it is for may lead somewhere else from here on; after the store
   * they count as mapped. Nothing if they are no longer mapped.
   */
  markEntry(
    asm: Assembler,
    { addr, value }: { readonly addr: Operand; readonly value: Expression },
    store: () => void,
  ) {
    const name = value.expr === 'name' || value.expr === 'entry' ? value.name : undefined
    const memory = name === undefined ? undefined : this.layout.names.get(name)
    if (memory?.kind !== 'words') {
      store()
      return
    }
    const { geometry, units } = this.layout
    const entries = ioPagesAt(this.layout, addr).map(({ page, unit, tag }) => {
      return { iova: page, addr: memory.addr, ...spaceArgs({ space: ioSpace(units, unit, tag) }) }
    })
    for (const args of entries) asm.mark('dma.entry', args)
    store()
    for (const args of entries) asm.mark('dma.page', { ...args, handle: args.iova, bytes: geometry.pageBytes })
  }

  /** The addresses are given back, in a unit or in all: what unmap has returned from. */
  markUnmapped(asm: Assembler, iova: number, where: ReturnType<typeof ioSpacesIn>): void {
    const plainArgs = callArgs('unmap', iova, this.layout.geometry.pageBytes, 'BIDIRECTIONAL')
    // It is no call of the DMA API, and nothing that dma-debug would know of.
    markCall(asm, { ...plainArgs, ...spaceArgs(where), kind: { text: 'address' } })
  }

  /** What memory holds at the start is its newest value: somebody stored it, and it has arrived. */
  private contents(): Emitted[] {
    const { geometry, initial } = this.layout
    const { dram, lineBytes } = geometry
    const events: Emitted[] = []
    for (let addr = dram.base; addr < dram.base + dram.bytes; addr += lineBytes) {
      const data = Array.from({ length: lineBytes / 4 }, (_, word) => (initial.get(addr + word * 4) ?? 0) | 0)
      events.push({ type: 'cpu.stored', core: 0, addr, data, memory: 'non-cacheable' })
      events.push({ type: 'memory.write', from: 'l2', addr, data })
    }
    return events
  }

  /** What happened before the first step: mappings that stand, and that nobody means to give back. */
  prelude(): readonly Emitted[] {
    const events: Emitted[] = []
    const mark = (name: MarkName, args: CpuMark['args']): void => {
      events.push({ type: 'cpu.mark', core: 0, program: 'main', instruction: 0, name, args })
    }
    const { dram, reservedBytes, pageBytes } = this.layout.geometry
    const tables = [...this.layout.names.values()].flatMap((known) => (known.kind === 'table' ? [known.addr] : []))
    for (let addr = dram.base; addr < dram.base + reservedBytes; addr += pageBytes) tables.push(addr)
    for (const addr of tables) events.push({ type: 'page.owner', addr, owner: 'page-table' })
    events.push(...this.contents(), ...areas(this.test, this.layout))
    for (const buffer of this.all) {
      if (this.changesOwner(buffer)) continue
      const { handle, addr, bytes } = buffer
      const args = plain(
        callArgs(buffer.kind === 'streaming' ? 'map' : 'alloc', handle, bytes, buffer.direction, buffer),
      )
      mark('dma.call', args)
      for (const page of pagesOf(buffer, { addr, bytes }, pageBytes)) mark('dma.page', page)
      mark('dma.return', args)
      if (buffer.kind !== 'streaming') continue
      mark('dma.call', { ...args, op: 'mapping-error', result: 0 })
      mark('dma.return', { ...args, op: 'mapping-error', result: 0 })
      for (const name of ['dma.call', 'dma.return'] as const) mark(name, { ...args, op: 'sync-for-cpu' })
    }
    // Pages that translations lead to without any buffer in them.
    for (const { unit, tag, from, to, bytes } of this.layout.mappings) {
      if (this.all.some(({ addr }) => addr >= to && addr < to + bytes)) continue
      const space = ioSpace(this.layout.units, unit, tag)
      for (let at = 0; at < bytes; at += pageBytes) {
        mark('dma.page', {
          handle: from + at,
          iova: from + at,
          addr: to + at,
          bytes: pageBytes,
          ...spaceArgs({ space }),
        })
      }
    }
    for (const what of ['io address', 'page', ...(this.givesMappingsBack() ? [] : ['mapping'])]) {
      mark('expect-kept', { what })
    }
    return events
  }
}

/**
 * Pages that two virtual pages lead to all the time, one cacheable and one not. The linear mapping is left out: that a test uses
 * it before or after such a page is no statement that both are there at once. So are tables of a core: what they map changes.
 */
function areas({ memory }: LitmusTest, { names, geometry, units }: Layout): Emitted[] {
  if (units.some(({ translates }) => translates === 'va')) return []
  const types = new Map<number, ('cacheable' | 'non-cacheable')[]>()
  for (const form of memory) {
    if (form.kind !== 'map' || names.get(form.from)?.kind !== 'va') continue
    const to = names.get(form.to)
    if (to?.kind !== 'words') continue
    const addr = alignDown(to.addr, geometry.pageBytes)
    const type = form.type === 'cacheable' ? 'cacheable' : 'non-cacheable'
    types.set(addr, [...(types.get(addr) ?? []), type])
  }
  return [...types].flatMap(([addr, found]): Emitted[] => {
    if (new Set(found).size < 2) return []
    return [
      { type: 'page.alias', addr, present: false },
      ...found.map((type): Emitted => ({ type: 'page.mapped', addr, memory: type, present: true })),
    ]
  })
}

/** Places by name that a device's program reads or writes. */
function* namedIn(body: readonly Statement[]): Generator<{ readonly location: Extract<Location, { place: 'named' }> }> {
  for (const statement of statementsOf(body)) {
    if ((statement.do === 'read' || statement.do === 'write') && statement.location.place === 'named') {
      yield { location: statement.location }
    }
  }
}

function callArgs(
  op: string,
  handle: number,
  bytes: number,
  direction: DirectionName,
  buffer?: Pick<Buffer, 'device' | 'addr' | 'kind' | 'space'>,
): MarkArgs {
  return {
    op: { text: op },
    device: { text: buffer?.device ?? '' },
    handle,
    offset: 0,
    bytes,
    direction: { text: directionNames[direction] },
    kind: { text: buffer?.kind === 'coherent' ? 'coherent' : 'single' },
    ...(buffer ? { addr: buffer.addr, ...spaceArgs(buffer) } : {}),
    context: { text: 'any' },
  }
}

/** Arguments of a mark as the event has them. */
function plain(args: MarkArgs): CpuMark['args'] {
  return Object.fromEntries(
    Object.entries(args).map(([name, value]) => {
      return [name, typeof value === 'object' && 'text' in value ? value.text : (value as number)]
    }),
  )
}

export function markBuffer(asm: Assembler, name: 'buffer.queued' | 'buffer.done', buffer: Buffer): void {
  asm.mark(name, { handle: buffer.handle, bytes: buffer.bytes, ...spaceArgs(buffer) })
}

/** Arguments of `dma.page` for the pages of a buffer, as far as `addr` and `bytes` go. */
function pagesOf(
  { handle, addr: begin, space }: Buffer,
  { addr, bytes }: { readonly addr: number; readonly bytes: number },
  pageBytes: number,
): { readonly [name: string]: number }[] {
  const pages = []
  for (let at = addr; at < addr + bytes; ) {
    const part = Math.min(addr + bytes - at, pageBytes - (at % pageBytes))
    pages.push({ handle, iova: handle + at - begin, addr: at, bytes: part, ...spaceArgs({ space }) })
    at += part
  }
  return pages
}

/** The marks of `sync_for_device` and `sync_for_cpu` without their steps: the test writes these itself. */
export function handOver(asm: Assembler, ground: CpuGround, statement: Extract<Statement, { do: 'hand-over' }>): void {
  const buffer = ground.buffers.named(ground, statement.buffer)
  const op = statement.to === 'dev' ? 'sync-for-device' : 'sync-for-cpu'
  const { addr, bytes } = spotOf(ground, statement.buffer, (value) =>
    knownValue(value, ground.constants, 'what is handed over'),
  )
  // Named by an IO address it is the handle's own; named as memory it is as far from the beginning as there.
  const known = knownNamed(ground, buffer.name, statement.buffer)
  const begin =
    known.kind === 'words' && (addr as number) >= buffer.addr && (addr as number) < buffer.addr + buffer.bytes
      ? buffer.addr
      : buffer.handle
  const args = { ...callArgs(op, buffer.handle, bytes, statement.direction, buffer), offset: (addr as number) - begin }
  if (!ground.buffers.changesOwner(buffer)) markCall(asm, args)
  else if (statement.to === 'cpu') markCall(asm, { ...args, op: { text: 'unmap' } })
  else {
    markCall(asm, { ...args, op: { text: 'map' } }, pagesOf(buffer, buffer, ground.layout.geometry.pageBytes))
    markCall(asm, { ...args, op: { text: 'mapping-error' }, result: 0 })
  }
}

function markCall(asm: Assembler, args: MarkArgs, pages: readonly MarkArgs[] = []): void {
  asm.mark('dma.call', args)
  for (const page of pages) asm.mark('dma.page', page)
  asm.mark('dma.return', args)
}
