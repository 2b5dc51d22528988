/** Run | watches that no line changes behind the caches but those that a scenario declares: on others they need not be mischievous. */

import type { Emitted } from '../../machines/protocol.ts'
import type { Observer } from '../explore/observer.ts'
import type { Parameters } from '../scenario/scenario.ts'

export const disturbedProperty = 'disturbed-lines'

/** Offsets in DRAM of the lines that this event changes, or reads, past the caches. */
export function linesDisturbedBy(event: Emitted, { geometry }: Pick<Parameters, 'geometry'>): number[] {
  const pastCaches =
    (event.type === 'memory.write' && event.from !== 'l2') ||
    ((event.type === 'cpu.store' || event.type === 'cpu.load') && event.memory !== 'cacheable')
  if (!pastCaches) return []
  return event.data.map((_, word) => {
    const offset = event.addr + word * 4 - geometry.dram.base
    return offset - (offset % geometry.lineBytes)
  })
}

/** Reports a line that is disturbed and not `declared`. Has no state. */
export function createDisturbanceObserver(declared: readonly number[], parameters: Parameters): Observer {
  return {
    id: 'disturbance',
    parts: [],
    properties: [disturbedProperty],
    initial: () => undefined,
    wants: (type) => type === 'memory.write' || type === 'cpu.store' || type === 'cpu.load',
    observe: (_parts, event, _actor, violate) => {
      const lines = linesDisturbedBy(event as Emitted, parameters)
      if (lines.some((line) => !declared.includes(line))) violate(disturbedProperty)
    },
  }
}
