/** Run | the thread pool: jobs in, results out in the order of the jobs, whatever the number of threads. */

import { deserialize, serialize } from 'node:v8'
import {
  MessageChannel,
  type MessagePort,
  type ResourceLimits,
  receiveMessageOnPort,
  type Worker,
} from 'node:worker_threads'
import { Piscina } from 'piscina'
import { InternalError, InterruptedError, LimitError } from '../base/errors.ts'
import { ownModule, threadArgs } from '../base/program.ts'
import { type Board, Member, type Phase, phases, type Team } from '../explore/team.ts'
import type { CampaignPlan, Shard } from './campaign/plan.ts'
import type { ShardResult } from './campaign/shard.ts'
import type { Cell, PairJob } from './compare.ts'
import { type Answer, resultOf } from './job.ts'
import type { CasesJob, CasesResult } from './litmus-check.ts'
import type { Links } from './placement/placed-simulation.ts'
import type { FromGroup, GroupOptions, ToGroup } from './placement/protocol.ts'
import { RingReader, RingWriter, ringMemory } from './placement/ring.ts'
import type { CallsJob, CallsOutcome } from './random-calls.ts'
import type { SeedOutcome, SeedsJob } from './seeds.ts'

/** The job and the result of every kind of worker. */
export interface WorkerTypes {
  readonly 'run-seeds': { readonly job: SeedsJob; readonly result: readonly SeedOutcome[] }
  readonly 'random-calls': { readonly job: CallsJob; readonly result: CallsOutcome }
  readonly 'litmus-cases': { readonly job: CasesJob; readonly result: CasesResult }
  readonly compare: { readonly job: PairJob; readonly result: Cell }
  readonly campaign: {
    readonly job: { readonly plan: CampaignPlan; readonly shard: Shard }
    readonly result: ShardResult
  }
}

export type WorkerName = keyof WorkerTypes

/** Threads that all start at once and take one job each at a time. */
function makePool(
  worker: WorkerName | 'search' | 'place',
  threads: number,
  resourceLimits: ResourceLimits = {},
): Piscina {
  return new Piscina({
    filename: ownModule(`workers/${worker}.ts`).href,
    execArgv: threadArgs,
    minThreads: threads,
    maxThreads: threads,
    concurrentTasksPerWorker: 1,
    resourceLimits,
  })
}

export interface PoolOptions {
  /** Threads that run jobs at the same time. */
  readonly maxThreads: number
}

/** For callers that show what is done while the rest is under way. */
export interface Watching<Result> {
  /** Called with every result in the order of the jobs, as soon as it and all before it are there. */
  readonly onResult?: (result: Result, index: number) => void
  /** Ends the threads, whatever they are doing; the call is rejected. */
  readonly signal?: AbortSignal
}

/**
 * Runs every job in a thread of a pool made for them, one job a thread at a time. A job that fails ends the others: the
 * first failure in the order of the jobs that was known by then is thrown, a usage error as a usage error.
 */
export async function runJobs<Name extends WorkerName>(
  worker: Name,
  jobs: readonly WorkerTypes[Name]['job'][],
  { maxThreads, onResult, signal }: PoolOptions & Watching<WorkerTypes[Name]['result']>,
): Promise<WorkerTypes[Name]['result'][]> {
  const threads = Math.max(1, Math.min(maxThreads, jobs.length))
  const pool = makePool(worker, threads)
  // A thread that dies between two jobs is reported here and nowhere else.
  let lost: unknown
  pool.on('error', (error: unknown) => {
    lost ??= error
  })
  try {
    const results: WorkerTypes[Name]['result'][] = []
    let shown = 0
    let next = 0
    // As many jobs at the pool as it has threads: its own queue does not keep them in order, and each listens to the signal.
    const work = async (): Promise<void> => {
      for (let index = next++; index < jobs.length; index = next++) {
        const answer: Answer<WorkerTypes[Name]['result']> = await pool.run(jobs[index], signal ? { signal } : {})
        results[index] = resultOf(answer)
        for (; shown in results; shown++) onResult?.(results[shown] as (typeof results)[number], shown)
      }
    }
    await Promise.all(Array.from({ length: threads }, work))
    return results
  } catch (error) {
    if (signal?.aborted) throw new InterruptedError('interrupted')
    if (error instanceof Error && 'exitCode' in error) throw error
    throw new InternalError(`a worker thread of ${worker} was lost: ${String(error)}`, { cause: lost ?? error })
  } finally {
    await pool.destroy()
  }
}

/** A pool that stays open for jobs one by one. */
export interface OpenPool<Name extends WorkerName> {
  /**
   * The job's result. A job that throws, kills its thread or takes longer than `limitMs` is rejected with an error that says so;
   * its thread is replaced, and other jobs go on.
   */
  run(job: WorkerTypes[Name]['job'], limitMs: number): Promise<WorkerTypes[Name]['result']>
  /** Ends the threads, whatever they are doing. */
  close(): Promise<void>
}

/** @param memoryMB of each thread's heap; a job that needs more kills its thread, not the process. */
export function openPool<Name extends WorkerName>(
  worker: Name,
  { maxThreads, memoryMB }: PoolOptions & { readonly memoryMB: number },
): OpenPool<Name> {
  const pool = makePool(worker, maxThreads, { maxOldGenerationSizeMb: memoryMB })
  // The job that was running is told by its own rejection.
  pool.on('error', () => {})
  return {
    run: async (job, limitMs) => {
      const limit = new AbortController()
      const timer = setTimeout(() => limit.abort(), limitMs)
      let answer: Answer<WorkerTypes[Name]['result']>
      try {
        answer = await pool.run(job, { signal: limit.signal })
      } catch (error) {
        if (limit.signal.aborted) throw new LimitError(`it took longer than ${limitMs / 1000} s; its thread was ended`)
        throw new InternalError(`its thread was lost: ${error instanceof Error ? error.message : String(error)}`)
      } finally {
        clearTimeout(timer)
      }
      return resultOf(answer)
    },
    close: () => pool.destroy(),
  }
}

/** Ints in memory that all threads see. */
function sharedInts(length: number): Int32Array {
  return new Int32Array(new SharedArrayBuffer(4 * length))
}

/** What a thread of a search gets. */
export interface SearchJob {
  readonly index: number
  readonly control: Int32Array
  /** Boards arrive here; the first message from here says that the thread is ready, any later one why it has failed. */
  readonly port: MessagePort
}

/** Slots of a team's control array. */
const slot = {
  /** Counts commands; threads wait for it to change. */
  turn: 0,
  /** Index in `phases`, or -1: the search is over. */
  phase: 1,
  to: 2,
  /** Number of boards given out so far. */
  boards: 3,
  /** Threads that have performed the command. */
  done: 4,
  /** 1 once a thread has failed. */
  failed: 5,
  /** 1 while all are to come to rest. */
  rest: 6,
} as const

/** Longest that a phase of one block may take: then a thread was lost. */
const phaseMsMax = 300_000

/** Threads that can be let go. */
export interface StartedTeam extends Team {
  end(): Promise<void>
}

/** A team of `members` threads, this one included, ready for one search. */
export async function startTeam(members: number): Promise<StartedTeam> {
  const control = sharedInts(16)
  const pool = makePool('search', members - 1)
  const channels = Array.from({ length: members - 1 }, () => new MessageChannel())
  const ready = channels.map(({ port1 }) => new Promise((resolve) => port1.once('message', resolve)))
  const tasks = channels.map(({ port2 }, i) => {
    const job: SearchJob = { index: i + 1, control, port: port2 }
    return pool.run(job, { transferList: [port2] })
  })
  await Promise.race([Promise.all(ready), Promise.all(tasks)])
  let isRunning = false
  const command = (phase: number): void => {
    Atomics.store(control, slot.phase, phase)
    Atomics.store(control, slot.done, 0)
    Atomics.add(control, slot.turn, 1)
    Atomics.notify(control, slot.turn)
  }
  const waitForAll = (): void => {
    for (;;) {
      const done = Atomics.load(control, slot.done)
      if (done === members - 1) break
      if (Atomics.wait(control, slot.done, done, phaseMsMax) === 'timed-out') {
        throw new InternalError('a thread of the search was lost')
      }
    }
    isRunning = false
    if (Atomics.load(control, slot.failed) !== 0) {
      const reasons = channels.flatMap(({ port1 }) => receiveMessageOnPort(port1)?.message ?? [])
      throw new InternalError(`a thread of the search failed: ${reasons.join('; ')}`)
    }
  }
  const rest = (): void => {
    if (!isRunning) return
    Atomics.store(control, slot.rest, 1)
    waitForAll()
  }
  return {
    members,
    makeInts: (length) => {
      rest()
      return sharedInts(length)
    },
    share: (board) => {
      for (const { port1 } of channels) port1.postMessage(board)
      Atomics.add(control, slot.boards, 1)
    },
    perform: (phase, to, own) => {
      Atomics.store(control, slot.rest, 0)
      Atomics.store(control, slot.to, to)
      isRunning = true
      command(phases.indexOf(phase))
      try {
        own()
      } catch (error) {
        rest()
        throw error
      }
      if (isRunning) waitForAll()
    },
    rest,
    get isResting() {
      return Atomics.load(control, slot.rest) !== 0
    },
    end: async () => {
      command(-1)
      await Promise.all(tasks)
      for (const { port1 } of channels) port1.close()
      await pool.destroy()
    },
  }
}

/** Serves a search until it is over; runs in a thread of its own. @param receive the next board, if it is there already. */
export function serveSearch({ index, control, port }: SearchJob, receive: () => Board | undefined): void {
  const member = new Member(index, () => Atomics.load(control, slot.rest) !== 0)
  let turn = 0
  let boards = 0
  port.postMessage('ready')
  for (;;) {
    // The call that wakes threads may come late, when this command has been performed: it must not be performed again.
    while (Atomics.load(control, slot.turn) === turn) Atomics.wait(control, slot.turn, turn)
    turn = Atomics.load(control, slot.turn)
    const phase = Atomics.load(control, slot.phase)
    if (phase < 0) return
    try {
      for (const sent = Atomics.load(control, slot.boards); boards < sent; boards++) {
        let board = receive()
        while (board === undefined) board = receive()
        member.take(board)
      }
      member.perform(phases[phase] as Phase, Atomics.load(control, slot.to))
    } catch (error) {
      port.postMessage(error instanceof Error ? (error.stack ?? String(error)) : String(error))
      Atomics.store(control, slot.failed, 1)
    }
    Atomics.add(control, slot.done, 1)
    Atomics.notify(control, slot.done)
  }
}

/** Where a thread of a placed run gets its system from: a module whose default export makes it of `argument`, plain data. */
export interface SpecSource {
  readonly module: string
  readonly argument: unknown
}

/** What a thread of a placed run gets. */
export interface GroupJob {
  readonly spec: SpecSource
  readonly options: GroupOptions
  /** Memory of the rings to it and from it, and who is woken by which end. */
  readonly orders: SharedArrayBuffer
  readonly answers: SharedArrayBuffer
  readonly ownBell: Int32Array
  readonly mainBell: Int32Array
  /** Gets the index of the actor that reacts. */
  readonly reacting: Int32Array
  /** Gets a message when the thread is there. */
  readonly port: MessagePort
}

/** The threads of a placed run. */
export interface PlacedThreads extends Links {
  /** In no particular order. */
  readonly workers: readonly Worker[]
  /** Ends them, whatever they are doing. */
  end(): Promise<void>
}

/** Starts a thread for each group; `options.group` is set for each. Internal error: one of them does not come up. */
export async function startPlacement(
  spec: SpecSource,
  options: Omit<GroupOptions, 'group'>,
  groups: number,
): Promise<PlacedThreads> {
  const pool = makePool('place', groups)
  // Who was at work in a thread that dies is told by its own rejection.
  pool.on('error', () => {})
  const mainBell = sharedInts(1)
  let seen = 0
  let lost: Links['lost']
  const threads = Array.from({ length: groups }, (_, group) => {
    const [orders, answers] = [ringMemory(), ringMemory()]
    const [ownBell, reacting] = [sharedInts(1), sharedInts(1).fill(-1)]
    const { port1, port2: port } = new MessageChannel()
    const ready = new Promise((resolve) => port1.once('message', resolve))
    const job: GroupJob = { spec, options: { ...options, group }, orders, answers, ownBell, mainBell, reacting, port }
    const task: Promise<void> = pool.run(job, { transferList: [port] }).catch((error: unknown) => {
      lost ??= { group, actor: reacting[0] as number, reason: String((error as Error | undefined)?.message ?? error) }
    })
    const [writer, reader] = [new RingWriter(orders, ownBell), new RingReader(answers, ownBell)]
    const link = {
      send: (order: ToGroup) => {
        writer.put(serialize(order))
        writer.flush()
      },
      poll: () => {
        const frame = reader.poll()
        return frame && (deserialize(frame) as FromGroup)
      },
    }
    return { writer, link, ready, task, port1 }
  })
  // A thread that cannot even begin is met by whoever waits for its first answer.
  await Promise.all(threads.map(({ ready, task }) => Promise.race([ready, task])))
  return {
    workers: pool.threads,
    groups: threads.map(({ link }) => link),
    get lost() {
      return lost
    },
    wait: (ms) => {
      for (const { writer } of threads) writer.flush()
      Atomics.wait(mainBell, 0, seen, ms)
      seen = Atomics.load(mainBell, 0)
    },
    end: async () => {
      for (const { port1 } of threads) port1.close()
      await pool.destroy()
    },
  }
}
