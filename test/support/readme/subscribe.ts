/** Tests | the subscriptions of the README: a port, all messages, and a message of one's own. */

import { filter, map } from 'rxjs'
import { Run, resolveOptions } from '../../../src/index.ts'

const options = resolveOptions({ scenario: 'fimc-capture-userptr', geometry: 'litmus' })
const run = new Run(options, { runtime: 'sim' })
const { simulation } = run

export const walked: number[] = []
simulation
  .port('sysmmu0.walk')
  .out$.pipe(map((message) => (message as { addr?: number }).addr ?? 0))
  .subscribe((addr) => walked.push(addr))

export const interrupts: number[] = []
simulation.messages$
  .pipe(filter(({ to, message }) => to === 'cpu0.irq' && message.type === 'irq.assert'))
  .subscribe(({ cycle }) => interrupts.push(cycle))

run.advance(300)
// An interrupt that nobody raised.
simulation.inject('gic.fimc0', { type: 'irq.raise', line: 84 } as { type: string })
run.advance(10)
simulation.inject('gic.fimc0', { type: 'irq.lower', line: 84 } as { type: string })
export const result = run.complete()
