/** Oracle | progress: every program ends, within the bounds, and no core drowns in interrupts. */

import type { CpuMark, FrameEnd, FrameStart } from '../../machines/protocol.ts'
import type { Oracle } from './oracle.ts'

export interface ProgressState {
  /** Interrupts taken by each core since anything moved on; stops at one more than the bound. */
  readonly interrupts: readonly { taken: number }[]
}

function movesOn(state: ProgressState, _event: CpuMark | FrameStart | FrameEnd): void {
  for (const core of state.interrupts) core.taken = 0
}

export const progress: Oracle<ProgressState> = {
  name: 'progress',
  always: 'every program comes to its end',
  description: 'deadlock, a bound reached before all programs have ended, or an interrupt storm',
  definition:
    'the run ended by deadlock or at a bound with unfinished programs; or a core took more interrupts than the bound (HF-350) without a mark, a frame start or a frame end in between',
  notJudged: 'runs stopped by the user',
  init: (config) => ({ interrupts: Array.from({ length: config.cores }, () => ({ taken: 0 })) }),
  on: {
    // Loads, stores and bursts do not count: a core that polls and a device that runs on are no way out of a storm.
    'cpu.mark': movesOn,
    'frame.start': movesOn,
    'frame.end': movesOn,
    'cpu.interrupt'(state, event, violate, where, { config }) {
      const core = state.interrupts[event.core]
      if (event.phase !== 'enter' || core === undefined || config.interruptsMax === 0) return
      const taken = core.taken + 1
      if (taken > config.interruptsMax + 1) return
      core.taken = taken
      if (taken <= config.interruptsMax) return
      violate({
        message: `cpu${event.core} took ${taken} interrupts by step ${where.step} without anything moving on, expected at most ${config.interruptsMax}; likely the handler does not clear its cause, or its clearing write is still under way`,
      })
    },
  },
  atEnd(_state, end, violate) {
    if (end.unfinished.length === 0 || end.reason === 'stopped') return
    const who = end.unfinished.map(({ actor, why }) => (why === '' ? actor : `${actor} (${why})`)).join(', ')
    const what = end.reason === 'bound' ? `the bound ${end.bound ?? ''} was reached` : 'nothing is possible any more'
    violate({ message: `${what.replace('  ', ' ')}, but not all programs have ended: ${who}; expected all to end` })
  },
}
