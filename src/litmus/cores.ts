/** Litmus | the cores of a test with their threads and handlers: what runs on them, and who gets the interrupts. */

import type { CorePrograms } from '../../machines/cpu/micro-op.ts'
import { compilePrograms, registerOfThread } from '../../machines/cpu/program.ts'
import { type CpuGround, CpuProgram } from './cpu-program.ts'
import type { ActorForm, Statement } from './form.ts'
import { statementsOfAll } from './statements.ts'
import type { Runner } from './trails.ts'

export type CpuForm = Extract<ActorForm, { actor: 'cpu' }>
type IsrForm = Extract<ActorForm, { actor: 'isr' }>

/** One core. Either it has one program, or threads with names. */
export interface CoreForm {
  readonly name: string
  readonly programs: readonly CpuForm[]
  readonly threaded: boolean
  readonly handler: IsrForm | undefined
}

/** In the order of their numbers, which is that of the text. */
export function coresOf(actors: readonly ActorForm[]): CoreForm[] {
  const programs = actors.filter((actor): actor is CpuForm => actor.actor === 'cpu')
  const handlers = actors.filter((actor): actor is IsrForm => actor.actor === 'isr')
  return [...new Set(programs.map(({ name }) => name))].map((name) => {
    const own = programs.filter((program) => program.name === name)
    return {
      name,
      programs: own,
      threaded: own.some(({ thread }) => thread !== undefined),
      handler: handlers.find(({ core }) => core === name),
    }
  })
}

/** A core as its machine has it. */
export interface ProgrammedCore {
  readonly programs: CorePrograms
  readonly runner: Runner
}

/** A core with threads begins with none of them: its main program is empty, and any may be the first. @param core its number */
export function programCore(
  ground: CpuGround,
  { name, programs, threaded, handler }: CoreForm,
  core: number,
): ProgrammedCore {
  const alone = handler === undefined ? 'alone' : 'interrupted'
  const bodies = programs.map(({ thread = name, body }) => {
    const writer = new CpuProgram(ground, thread, { kind: threaded ? 'thread' : alone })
    return { name: thread, program: writer.build(body), trails: writer.trails() }
  })
  const writer = new CpuProgram(ground, `${name}.isr`, { kind: 'interrupt' })
  const interrupt = handler === undefined ? [] : writer.buildHandler(handler.body)
  const lowered = threaded
    ? { main: [], interrupt, threads: bodies.map((body) => ({ name: body.name, program: body.program })) }
    : { main: bodies[0]?.program ?? [], interrupt }
  // In the order of the code: each thread with its end, main first, and the handler behind main.
  const ended = bodies.map(({ trails }) => [...trails, undefined])
  const [main = [], ...threads] = threaded ? [[undefined], ...ended] : ended
  const { threads: code } = compilePrograms(`cpu${core}`, lowered)
  const runner: Runner = {
    id: `cpu${core}`,
    name,
    kind: 'cpu',
    trails: [...main, ...(handler === undefined ? [] : writer.trails()), ...threads.flat()],
    threads: threaded ? code : [],
  }
  return { programs: lowered, runner }
}

/** Whose registers a condition can name, with their names by slot: of a core, or of its threads and its handler. */
export function registerFiles(
  core: number,
  { name, programs, threaded }: CoreForm,
  lowered: CorePrograms,
): readonly (readonly [string, readonly string[]])[] {
  const { registers } = compilePrograms(`cpu${core}`, lowered)
  if (!threaded) return [[name, registers]]
  const threads = programs.map(({ thread = name }) => {
    const prefix = registerOfThread(thread, '')
    return [thread, registers.map((one) => (one.startsWith(prefix) ? one.slice(prefix.length) : ''))] as const
  })
  return [[name, registers], ...threads]
}

/** Devices interrupt the core that has a handler, else one that waits for interrupts. */
export function interruptOf(
  cores: readonly CoreForm[],
  device: Extract<ActorForm, { actor: 'device' }>,
): { readonly interrupt?: number } {
  if (!does([device], 'raise')) return {}
  const handled = cores.findIndex(({ handler }) => handler !== undefined)
  if (handled >= 0) return { interrupt: handled }
  const waiting = cores.findIndex(({ programs }) => does(programs, 'wait-irq'))
  return waiting >= 0 ? { interrupt: waiting } : {}
}

/** Whether a program of these actors has such a statement. */
function does(actors: readonly ActorForm[], what: Statement['do']): boolean {
  for (const statement of statementsOfAll(actors)) if (statement.do === what) return true
  return false
}
