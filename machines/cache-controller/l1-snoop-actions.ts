/** Cache-controller | how a level-1 data cache answers snoops. */

import type { ActionOut } from '../../src/kernel/actor.ts'
import type { ActionDefinition } from '../../src/statechart/define.ts'
import type { LineDrop, SnoopReq, SnoopResp } from '../protocol.ts'
import { type CacheShape, findHeld, lineData, lineOf, lineState } from './cache-array.ts'
import { emitDrop, emitLoss, emitWriteback } from './cache-events.ts'
import type { L1Config, L1Context, L1Message } from './l1-context.ts'
import { dropSlot, forgetVictim } from './l1-lines.ts'

type Action = ActionDefinition<L1Context, L1Message>

/** Answers to snoops. Data go with a dirty line always, with an unmodified one only if the op passes the line on. */
export function snoopActions(config: L1Config, shape: CacheShape): Readonly<Record<string, Action>> {
  const answer = (out: ActionOut, addr: number, held: boolean, dirty: boolean, data: readonly number[]) =>
    out.give('snoop', { type: 'snoop.resp', addr, core: config.core, data, dirty, held } as SnoopResp)
  const snoop = (
    description: string,
    respond: (context: L1Context, snooped: SnoopReq, slot: number, dirty: boolean, out: ActionOut) => void,
  ): Action => ({
    description,
    sends: { snoop: 1 },
    run: (context, message, out) => {
      const slot = findHeld(context.array, shape, lineOf(shape, (message as SnoopReq).addr))
      endExclusive(context, shape, message as SnoopReq)
      respond(context, message as SnoopReq, slot, context.array.states[slot] === lineState.dirty, out)
    },
  })
  return {
    answerAbsent: {
      description: 'answers a snoop of a line that is not here',
      sends: { snoop: 1 },
      run: (context, message, out) => {
        endExclusive(context, shape, message as SnoopReq)
        answer(out, (message as SnoopReq).addr, false, false, [])
      },
    },
    surrenderVictim: {
      description: 'gives the eviction buffer up to whoever asked for its line',
      sends: { snoop: 1 },
      run: (context, message, out) => {
        const { addr, op } = message as SnoopReq
        endExclusive(context, shape, message as SnoopReq)
        const data = context.victimData.read(0, config.geometry.lineBytes >>> 2)
        if (op !== 'take') emitWriteback(out, config.id, addr, data, snoopCause(op))
        emitDrop(out, config.id, addr, snoopCause(op))
        forgetVictim(context, config)
        answer(out, addr, true, true, data)
      },
    },
    dropVictim: {
      description: 'empties the eviction buffer without writing its line back',
      sends: { snoop: 1 },
      run: (context, message, out) => {
        const { addr } = message as SnoopReq
        endExclusive(context, shape, message as SnoopReq)
        emitLoss(out, config.id, addr, context.victimData.read(0, config.geometry.lineBytes >>> 2))
        forgetVictim(context, config)
        answer(out, addr, true, true, [])
      },
    },
    shareLine: snoop('keeps a shared copy, gives another', (context, { addr }, slot, dirty, out) => {
      const data = lineData(context.array, shape, slot)
      if (dirty) emitWriteback(out, config.id, addr, data, 'snoop')
      // A line whose upgrade is on its way is shared already, and stays marked.
      if ((context.array.states[slot] as number) > lineState.shared) context.array.states[slot] = lineState.shared
      answer(out, addr, true, dirty, data)
    }),
    giveLineUp: snoop('gives the line to a core that will write it', (context, { addr }, slot, dirty, out) => {
      const data = lineData(context.array, shape, slot)
      emitDrop(out, config.id, addr, 'snoop')
      dropSlot(context, shape, slot)
      answer(out, addr, true, dirty, data)
    }),
    cleanLine: snoop(
      'gives the data of a dirty line to the outer cache, keeps it',
      (context, { addr }, slot, dirty, out) => {
        const data = dirty ? lineData(context.array, shape, slot) : []
        if (dirty) {
          emitWriteback(out, config.id, addr, data, 'maintenance')
          context.array.states[slot] = lineState.clean
        }
        answer(out, addr, true, dirty, data)
      },
    ),
    invalidateLine: snoop('drops the line, even a dirty one', (context, { addr }, slot, dirty, out) => {
      if (dirty) emitLoss(out, config.id, addr, lineData(context.array, shape, slot))
      else emitDrop(out, config.id, addr, 'maintenance')
      dropSlot(context, shape, slot)
      answer(out, addr, true, dirty, [])
    }),
    cleanAndInvalidateLine: snoop(
      'writes a dirty line back, then drops it',
      (context, { addr, op }, slot, dirty, out) => {
        const data = dirty ? lineData(context.array, shape, slot) : []
        if (dirty) emitWriteback(out, config.id, addr, data, snoopCause(op))
        emitDrop(out, config.id, addr, snoopCause(op))
        dropSlot(context, shape, slot)
        answer(out, addr, true, dirty, data)
      },
    ),
  }
}

/** A writer takes the line, or maintenance drops it: what a load-exclusive has begun there is over. HF-562 */
function endExclusive(context: L1Context, shape: CacheShape, { op, addr }: SnoopReq): void {
  if (context.monitoredLine < 0 || op === 'share' || op === 'clean' || op === 'evict') return
  if (context.monitoredLine === lineOf(shape, addr)) context.monitoredLine = -1
}

function snoopCause(op: SnoopReq['op']): LineDrop['cause'] {
  if (op === 'evict') return 'eviction'
  return op === 'share' || op === 'take' || op === 'yield' ? 'snoop' : 'maintenance'
}
