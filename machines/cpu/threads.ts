/** CPU | threads: programs that take turns on one core, and when another one may have its turn. */

import type { Out } from '../../src/kernel/actor.ts'
import { type GuardDefinition, ignore, type StateConfig, stall } from '../../src/statechart/define.ts'
import { type Core, clearAccess, clearPage, copyAccess } from './core.ts'
import { clearExclusive } from './exclusive.ts'
import type { Action } from './reports.ts'
import type { CpuChoice, CpuContext, CpuMessage, Suspended, Threads } from './types.ts'

// The threads of a core have its store buffer, its posted maintenance and its caches in common, so that a barrier of one is about
// what another one did before it. Only the program counter and the registers are a thread's own. The scheduler of the kernel
// comes with an interrupt, so it comes between two instructions and not while interrupts are masked. HF-520

/** Nothing is kept. */
export function nothingSuspended(): Suspended {
  return { pc: -1, start: 0, bytes: 0, done: 0, value: 0 }
}

/** At reset: main runs, the others wait to begin. */
export function emptyThreads(core: Pick<Core, 'threads'>): Threads {
  return {
    current: 0,
    parked: core.threads.map(({ start }, thread) => ({ ...nothingSuspended(), pc: thread === 0 ? -1 : start })),
  }
}

/** Whether a thread waits for its turn: it is not the present one, and it has not ended. */
export function isParked(core: Core, { threads }: CpuContext, thread: number): boolean {
  if (threads === undefined || thread === threads.current) return false
  return threads.parked[thread]?.pc !== core.threads[thread]?.end
}

/** Only for a core with threads. */
export const threadRegion: StateConfig = {
  description: 'whether another thread may have its turn',
  initial: 'preemptive',
  states: {
    preemptive: {
      description: 'the scheduler may come at any moment',
      on: {
        'interrupts.off': { target: 'masked' },
        'interrupt.take': { target: 'handling' },
      },
    },
    masked: {
      description: 'the thread has masked interrupts',
      on: {
        'thread.switch': stall('interrupts are masked: the thread keeps the core'),
        'interrupts.on': { target: 'preemptive' },
      },
    },
    handling: {
      description: 'the interrupt handler runs',
      on: {
        'thread.switch': stall('the interrupt handler comes to its end first'),
        'interrupts.on': ignore('interrupts stay masked until the handler returns'),
        'interrupts.off': ignore('interrupts stay masked in a handler'),
        'handler.left': { target: 'preemptive' },
      },
    },
  },
}

export function threadGuards(core: Core): Record<string, GuardDefinition<CpuContext, CpuMessage>> {
  return {
    othersWait: (context) => core.threads.some((_, thread) => isParked(core, context, thread)),
  }
}

export function threadActions(core: Core): Record<string, Action> {
  /** The present thread is kept, to go on at `pc`; the chosen one goes on where it was. */
  const change = (context: CpuContext, message: CpuMessage, pc: number, out: Out): void => {
    const threads = context.threads as Threads
    const { access } = context
    const left = threads.parked[threads.current] as Suspended
    left.pc = pc
    if (access.done > 0) copyAccess(left, access)
    threads.current = (message as CpuChoice).value
    const next = threads.parked[threads.current] as Suspended
    context.pc = next.pc
    copyAccess(access, next)
    clearAccess(next)
    next.pc = -1
    clearPage(context)
    clearExclusive(context)
    const { current: thread } = threads
    out.emit({ type: 'cpu.switch', core: core.core, thread, name: core.threads[thread]?.name } as never)
  }
  return {
    switchThread: {
      description:
        'puts the present thread aside, in the middle of a range if need be, and goes on with the one chosen',
      run: (context, message, out) => change(context, message, context.pc, out),
    },
    switchFromSleep: {
      description: 'the same for a thread that sleeps: it will have to sleep anew',
      // The WFI counts as done while it sleeps.
      run: (context, message, out) => change(context, message, context.pc - 1, out),
    },
  }
}
