/** Cli | other model checkers on twins of the bench's models, where they are installed: SPIN, and rumur for Murphi. */

import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { InternalError } from '../base/errors.ts'
import { type Counts, demand } from './bench-searches.ts'

const run = promisify(execFile)

/** What a peer took for the whole space. */
export interface PeerSearch {
  readonly seconds: number
  readonly cpuSeconds: number
}

/** A verifier that was built and can be run. */
export interface Verifier {
  readonly name: string
  search(): Promise<PeerSearch>
}

export type TwinName = 'two-phase-commit' | 'dma-ring'

/** The macro that SPIN's twins take their size from. */
const sizeMacros = { 'two-phase-commit': 'N', 'dma-ring': 'K' } as const satisfies Record<TwinName, string>

/** Compiling rumur's output and searching with it take some minutes on a busy machine. */
const timeout = 1_200_000

export async function isInstalled(...programs: readonly string[]): Promise<boolean> {
  for (const program of programs) {
    try {
      await run('sh', ['-c', `command -v ${program}`])
    } catch {
      return false
    }
  }
  return true
}

/** Verifiers in a folder of their own. */
export class Peers {
  private readonly folder: string
  private readonly signal: AbortSignal

  private constructor(folder: string, signal: AbortSignal) {
    this.folder = folder
    this.signal = signal
  }

  static async start(signal: AbortSignal): Promise<Peers> {
    return new Peers(await mkdtemp(join(tmpdir(), 'dmarace-peers-')), signal)
  }

  async end(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true })
  }

  /** Exact depth-first search without reductions, compiled as SPIN's manual advises. */
  async spin(twin: TwinName, size: number, expected: Counts): Promise<Verifier> {
    const { folder: cwd, signal } = this
    const source = fileURLToPath(new URL(`../../test/peers/spin/${twin}.pml`, import.meta.url))
    const program = `./spin-${twin}`
    // -o2: variables that are only written stay part of the state.
    await run('spin', [`-D${sizeMacros[twin]}=${size}`, '-o2', '-a', source], { cwd, signal })
    await run('gcc', ['-O2', '-DSAFETY', '-DNOREDUCE', '-w', '-o', program, 'pan.c'], { cwd, signal, timeout })
    return {
      name: 'SPIN',
      search: async () => {
        const { text, ...taken } = await this.timed(`${program} -m3000000 -w22`)
        const states = numberIn(text, /(\d+) states, stored/)
        // SPIN counts the initial state as a transition.
        const transitions = numberIn(text, /(\d+) transitions/) - 1
        if (!/errors: 0/.test(text)) throw new InternalError(`SPIN found an error in ${twin}`)
        demand('SPIN', { states, transitions }, expected)
        return taken
      },
    }
  }

  async rumur(twin: TwinName, size: number, expected: Counts, threads: number): Promise<Verifier> {
    const { folder: cwd, signal } = this
    const source = fileURLToPath(new URL(`../../test/peers/murphi/${twin}.m`, import.meta.url))
    const name = `rumur-${twin}-${threads}`
    const text = await readFile(source, 'utf8')
    await writeFile(join(cwd, `${name}.m`), text.replace(/SIZE: \d+;/, `SIZE: ${size};`))
    const options = ['--threads', `${threads}`, '--symmetry-reduction', 'off', '--deadlock-detection', 'stuck']
    await run('rumur', [...options, '--output', `${name}.c`, `${name}.m`], { cwd, signal })
    const flags = ['-std=c11', '-O3', '-march=native', '-mcx16', '-w']
    await run('gcc', [...flags, `${name}.c`, '-o', name, '-lpthread', '-latomic'], { cwd, signal, timeout })
    return {
      name: `rumur, ${threads} ${threads === 1 ? 'thread' : 'threads'}`,
      search: async () => {
        const { text: said, ...taken } = await this.timed(`./${name}`)
        const states = numberIn(said, /(\d+) states, \d+ rules/)
        demand('rumur', { states, transitions: numberIn(said, /states, (\d+) rules/) }, expected)
        return taken
      },
    }
  }

  /** Runs a command line; the shell tells the processor time of its children. */
  private async timed(command: string): Promise<PeerSearch & { readonly text: string }> {
    const startMs = performance.now()
    const { stdout } = await run('sh', ['-c', `${command}; times`], {
      cwd: this.folder,
      signal: this.signal,
      timeout,
      maxBuffer: 1 << 26,
    })
    const seconds = (performance.now() - startMs) / 1000
    const children = /(\d+)m([\d.]+)s (\d+)m([\d.]+)s\s*$/.exec(stdout)
    if (!children) throw new InternalError(`the shell did not tell the time of ${command}`)
    const [userMinutes, user, systemMinutes, system] = children.slice(1).map(Number) as [number, number, number, number]
    return { text: stdout, seconds, cpuSeconds: 60 * (userMinutes + systemMinutes) + user + system }
  }
}

function numberIn(text: string, pattern: RegExp): number {
  const found = pattern.exec(text)
  if (!found) throw new InternalError(`a peer did not say ${String(pattern)}: ${text.slice(-500)}`)
  return Number(found[1])
}
