/** Tests | mutants of progress and of assertion. */

import type { Mutant } from './mutant.ts'

export const progress: readonly Mutant[] = [
  {
    title: 'a program that waits for ever',
    steps() {},
    end: (planted) => ({
      reason: planted ? 'deadlock' : 'finished',
      unfinished: planted ? [{ actor: 'cpu0', why: 'waits for an interrupt' }] : [],
    }),
  },
  {
    title: 'a bound reached',
    steps() {},
    end: (planted) => ({
      reason: planted ? 'bound' : 'stopped',
      bound: '1000 cycles',
      unfinished: [{ actor: 'cpu0', why: '' }],
    }),
  },
  {
    title: 'an interrupt storm',
    steps(p, planted) {
      for (let i = 0; i < 6; i++) {
        p.emit('cpu0', { type: 'cpu.interrupt', core: 0, phase: 'enter' })
        if (!planted && i === 3) p.mark(0, 'stream.on')
        p.emit('cpu0', { type: 'cpu.interrupt', core: 0, phase: 'leave' })
      }
    },
  },
]

export const assertion: readonly Mutant[] = [
  {
    title: 'a failed assertion',
    steps(p, planted) {
      if (planted) p.emit('cpu0', { type: 'cpu.assertion-failed', core: 0, message: 'status is done' })
    },
  },
  {
    title: 'a wild access',
    steps(p, planted) {
      if (planted) p.emit('cpu0', { type: 'cpu.abort', core: 0, addr: 0x10, why: 'not mapped' })
    },
  },
]
