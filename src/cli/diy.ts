/** Cli | `dmarace diy`: litmus tests from cycles of edges, one to the terminal or many to a folder. */

import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { InterruptedError, UsageError, unknownName } from '../base/errors.ts'
import { reason } from '../fleet/file-errors.ts'
import { litmusExtension } from '../fleet/litmus-files.ts'
import { edgeTable } from '../litmus/diy/edges.ts'
import { schemes } from '../litmus/diy/schemes.ts'
import { type WrittenTest, writeDiyTest } from '../run/litmus-diy.ts'
import { replaceFile } from './replace-file.ts'
import { exitCodes, type Terminal } from './terminal.ts'

/** What commander hands over for `diy`. */
export interface DiyFlags {
  readonly list?: boolean
  readonly scheme?: string
  readonly out?: string
}

/**
 * Clean; violated if a search shows what the architecture forbids. A file that is there is replaced only if its text is another one.
 * @param version of dmarace, for the texts
 */
export async function diyCommand(
  words: readonly string[],
  flags: DiyFlags,
  version: string,
  terminal: Terminal,
): Promise<number> {
  if (flags.list) {
    if (words.length > 0 || flags.scheme !== undefined) throw new UsageError('--list takes no cycle and no --scheme')
    terminal.out(listText())
    return exitCodes.clean
  }
  const cycles = cyclesOf(words, flags)
  if (cycles.length > 1 && flags.out === undefined) {
    throw new UsageError(`a scheme has ${cycles.length} tests: say with --out <folder> where they are to go`)
  }
  if (flags.out !== undefined) await makeFolder(flags.out)
  let code: number = exitCodes.clean
  const names = new Map<string, string>()
  for (const cycle of cycles) {
    const written = writeDiyTest(cycle, version)
    const other = names.get(written.name)
    if (other !== undefined) throw new UsageError(`"${other}" and "${cycle}" have the same name, ${written.name}`)
    names.set(written.name, cycle)
    await leave(written, flags.out, terminal)
    for (const name of written.disagreements) {
      terminal.err(`dmarace: ${name}: the search shows what the architecture forbids\n`)
      code = exitCodes.violated
    }
    // Lets an interrupt in.
    await new Promise((resolve) => setImmediate(resolve))
    if (terminal.interrupt.aborted) throw new InterruptedError('interrupted')
  }
  return code
}

function cyclesOf(words: readonly string[], { scheme }: DiyFlags): readonly string[] {
  if (scheme === undefined) {
    if (words.length === 0) throw new UsageError('which cycle? For example: dmarace diy DMBdWW Rfe DMBdRR Fre')
    return [words.join(' ')]
  }
  if (words.length > 0) throw new UsageError('--scheme has its own cycles: leave out the edges')
  const cycles = Object.hasOwn(schemes, scheme) ? schemes[scheme] : undefined
  if (!cycles) throw unknownName('scheme', scheme, Object.keys(schemes))
  return cycles
}

async function makeFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true }).catch((error: unknown) => {
    throw new UsageError(`cannot make the folder "${path}": ${reason(error)}`)
  })
}

async function leave({ name, text }: WrittenTest, out: string | undefined, terminal: Terminal): Promise<void> {
  if (out === undefined) {
    terminal.out(text)
    return
  }
  const path = join(out, `${name}${litmusExtension}`)
  const there = await readFile(path, 'utf8').catch(() => undefined)
  if (there === undefined) await writeNew(path, text)
  else if (there !== text) await replaceFile(path, text)
  terminal.out(`${path}\n`)
}

async function writeNew(path: string, text: string): Promise<void> {
  await writeFile(path, text, { flag: 'wx' }).catch((error: unknown) => {
    throw new UsageError(`cannot write "${path}": ${reason(error)}`)
  })
}

/** Everything that a cycle may be written with, a line each. */
function listText(): string {
  const sections = Object.entries(edgeTable).map(([title, lines]) => {
    const width = Math.max(...lines.map(({ name }) => name.length))
    return [`${title}:`, ...lines.map(({ name, meaning }) => `  ${name.padEnd(width)}  ${meaning}`)].join('\n')
  })
  return `${sections.join('\n\n')}

An order is written <between>[s|d|l]<R|W><R|W>, as in PodWR or DSB.CleandWW; a dependency begins with a read: DpAddrdR.
Edges on data may end in .nc: the word is non-cacheable memory. Schemes: ${Object.keys(schemes).join(', ')}.
`
}
