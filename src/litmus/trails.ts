/** Litmus | which statement each instruction comes from, and in words where the programs of a run do not get on. */

import type { CpuContext } from '../../machines/cpu/types.ts'
import type { DmaDeviceContext } from '../../machines/dma-device/types.ts'
import type { Statement } from './form.ts'
import { printStatement } from './print-statements.ts'
import { printExpression } from './print-values.ts'

/** A statement and those around it, outermost first. */
export type Trail = readonly Statement[]

/** By instruction; undefined for what no statement asks for. */
export type Trails = readonly (Trail | undefined)[]

/** Kept while a program is written. */
export class TrailKeeper {
  private readonly found: (Trail | undefined)[] = []
  private open: Trail = []
  private readonly size: () => number

  /** @param size how many instructions there are so far */
  constructor(size: () => number) {
    this.size = size
  }

  /** What `write` appends comes from the statement. */
  within(statement: Statement, write: () => void): void {
    const around = this.open
    const first = this.size()
    this.open = [...around, statement]
    write()
    for (let at = first; at < this.size(); at++) this.found[at] ??= this.open
    this.open = around
  }

  /** Of all instructions. */
  trails(): Trails {
    return Array.from({ length: this.size() }, (_, at) => this.found[at])
  }
}

/** An actor with programs. */
export interface Runner {
  readonly id: string
  /** Of the core or device. */
  readonly name: string
  readonly kind: 'cpu' | 'device'
  /** By index in the code that its machine makes of its programs. */
  readonly trails: Trails
  /** Names of the threads of a core, by number, and where each has ended. Empty: it has one program. */
  readonly threads: readonly { readonly name: string; readonly end: number }[]
}

/** A statement as it stands in the file. */
export interface ToldStatement {
  /** Its first line. */
  readonly text: string
  readonly line?: number
}

/** The statement of the instruction at which an actor with this context stands; undefined for actors without programs. */
export function statementsOfRunners(
  runners: readonly Runner[],
): (actor: string, context: { readonly pc: number }) => ToldStatement | undefined {
  const byId = new Map(runners.map(({ id, trails }) => [id, trails]))
  return (actor, { pc }) => {
    const statement = byId.get(actor)?.[pc]?.at(-1)
    return statement && { text: firstLine(statement), ...(statement.at ? { line: statement.at.line } : {}) }
  }
}

/** "D waits for BELL == 1 (line 21)", for every program that has not ended: those that wait first, then those that look again and again. */
export function whereStuck(
  runners: readonly Runner[],
  actor: (id: string) => { readonly finished: boolean; readonly value: unknown; readonly context: unknown },
): string[] {
  const all = runners.flatMap((runner) => {
    const { finished, value, context } = actor(runner.id)
    return finished ? [] : placesOf(runner, value, context as CpuContext & DmaDeviceContext)
  })
  const said = all.map(({ name, trail }) => describe(name, trail))
  return [...said.filter(({ waits }) => waits), ...said.filter(({ waits }) => !waits)].map(({ text }) => text)
}

interface Stand {
  readonly name: string
  readonly trail: Trail | undefined
}

/** What a core still waits for after its instruction counts as done. */
const lateStates = ['sleeping', 'draining', 'synchronizing']

function placesOf(
  { kind, name, trails, threads }: Runner,
  value: unknown,
  context: CpuContext & DmaDeviceContext,
): Stand[] {
  if (kind === 'device') return [{ name, trail: trails[context.pc] }]
  const { pipeline } = value as { readonly pipeline: string | { readonly waiting?: string } }
  const isLate = typeof pipeline === 'object' && lateStates.includes(pipeline.waiting ?? '')
  const { suspended } = context
  const pc = isLate ? context.pc - 1 : context.pc
  const isHandling = suspended.pc >= 0
  const handler = isHandling ? [{ name: `the handler of ${name}`, trail: trails[pc] }] : []
  const present = isHandling ? suspended.pc : pc
  if (threads.length === 0) return [...handler, { name, trail: trails[present] }]
  const parked = context.threads?.parked ?? []
  const own = threads.flatMap((thread, number) => {
    const at = number === context.threads?.current ? present : (parked[number]?.pc ?? thread.end)
    return at === thread.end ? [] : [{ name: thread.name, trail: trails[at] }]
  })
  return [...handler, ...own]
}

function describe(name: string, trail: Trail | undefined): { readonly text: string; readonly waits: boolean } {
  const statement = trail?.at(-1)
  if (trail === undefined || statement === undefined) return { text: `${name} does not come to its end`, waits: false }
  const line = statement.at ? ` (line ${statement.at.line})` : ''
  switch (statement.do) {
    case 'wait':
      return { text: `${name} waits for ${printExpression(statement.until)}${line}`, waits: true }
    case 'wait-irq':
      return { text: `${name} waits for an interrupt${line}`, waits: true }
    case 'lock':
      return { text: `${name} waits for the lock ${statement.lock}${line}`, waits: true }
    case 'fence':
      return { text: `${name} waits for its writes to be acknowledged${line}`, waits: true }
    default:
  }
  // A look is no news without the loop that it is in.
  const loop = trail.find((one) => one.do === 'while' || one.do === 'poll')
  if (loop === undefined) return { text: `${name} does not get past \`${firstLine(statement)}\`${line}`, waits: true }
  const where = loop.at ? ` (line ${loop.at.line})` : ''
  return { text: `${name} goes on with \`${firstLine(loop)}\`${where}`, waits: false }
}

/** Of a statement with a body, what stands before it. */
export function firstLine(statement: Statement): string {
  const [line = '', ...more] = printStatement(statement).split('\n')
  return more.length > 0 ? `${line.replace(/\s*\{$/, '')} …` : line
}
