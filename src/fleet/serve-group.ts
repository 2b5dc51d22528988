/** Fleet | what a thread of a placed run does: makes the system, then whatever it is ordered until the run is over. */

import { deserialize, serialize } from 'node:v8'
import type { SystemSpec } from '../kernel/system.ts'
import { trapped } from '../kernel/traps.ts'
import { Group } from '../run/placement/group.ts'
import type { FromGroup, ToGroup } from '../run/placement/protocol.ts'
import { RingReader, RingWriter } from '../run/placement/ring.ts'
import type { GroupJob } from '../run/pool.ts'
import { importModule } from './import-module.ts'

/** Serves until the end of the run, or until it fails. Blocks its thread while it has nothing to do. */
export async function serveGroup({ spec, options, reacting, port, ...shared }: GroupJob): Promise<void> {
  const orders = new RingReader(shared.orders, shared.mainBell)
  const answers = new RingWriter(shared.answers, shared.mainBell)
  const { ownBell } = shared
  port.postMessage('ready')
  const answer = (frame: FromGroup): void => {
    answers.put(serialize(frame))
    untilIt(ownBell, () => answers.flush() || undefined)
  }
  try {
    const make = (await importModule(spec.module)).default as (argument: unknown) => SystemSpec | Promise<SystemSpec>
    const group = new Group(await make(spec.argument), options, reacting)
    // To set the traps for each order would take longer than most orders.
    trapped(() => {
      answer(group.start())
      for (let isOver = false; !isOver; ) {
        const order = deserialize(untilIt(ownBell, () => orders.poll())) as ToGroup
        answer(group.take(order))
        isOver = order.kind === 'end'
      }
    })
  } catch (error) {
    answer({
      kind: 'failed',
      actor: reacting[0] as number,
      message: error instanceof Error ? (error.stack ?? error.message) : String(error),
    })
  }
  port.close()
}

/** Tries again whenever the bell rings. */
function untilIt<T>(bell: Int32Array, attempt: () => T | undefined): T {
  for (;;) {
    // Looked at first: if it rings during the attempt, there is no waiting.
    const seen = Atomics.load(bell, 0)
    const result = attempt()
    if (result !== undefined) return result
    Atomics.wait(bell, 0, seen)
  }
}
