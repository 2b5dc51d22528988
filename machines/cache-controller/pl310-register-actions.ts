/** Cache-controller | what the outer cache's registers do: maintenance by line and way, CACHE_SYNC, control. */

import type { ActionDefinition } from '../../src/statechart/define.ts'
import type { LineOp, MaintenanceOp, RegReadReq, RegWriteReq } from '../protocol.ts'
import { answerRegisterRead, answerRegisterWrite } from '../register-answers.ts'
import { type CacheShape, lineState } from './cache-array.ts'
import { commandSlot, type Pl310Config, type Pl310Context, type Pl310Message, waysMask } from './pl310-context.ts'
import { maintainSlot } from './pl310-lines.ts'
import { cacheIdValue, controlEnable, lineOperation, pl310Offsets, wayOperation } from './pl310-regs.ts'

type Actions = Readonly<Record<string, ActionDefinition<Pl310Context, Pl310Message>>>

/** Registers but for maintenance. */
export function registerActions(config: Pl310Config): Actions {
  return {
    answerRegRead: {
      description: 'answers a register read',
      sends: { regs: 1 },
      run: (context, message, out) => {
        const request = message as RegReadReq
        const isWhole = (request.addr & 3) === 0
        answerRegisterRead(out, request, isWhole ? registerValue(context, request.addr - config.base) : 'error')
      },
    },
    answerRegWrite: {
      description: 'answers a register write',
      sends: { regs: 1 },
      run: (_context, message, out) => answerRegisterWrite(out, message as RegWriteReq, 'ok'),
    },
    refuseRegWrite: {
      description: 'answers a register write with an error',
      sends: { regs: 1 },
      run: (_context, message, out) => answerRegisterWrite(out, message as RegWriteReq, 'error'),
    },
    keepCommand: {
      description: 'keeps a register write until the buffers are empty',
      run: (context, message) => {
        const { from, txn, addr } = message as RegWriteReq
        Object.assign(context.command, { from, txn, addr })
      },
    },
    answerCommand: {
      description: 'the buffers are empty: answers the register write that waited for it',
      sends: { regs: 1 },
      run: (context, _message, out) => {
        answerRegisterWrite(out, context.command, 'ok')
        Object.assign(context.command, { from: '', txn: 0, addr: 0 })
      },
    },
    writeControl: {
      description: 'switches the cache on or off; its contents stay',
      run: (context, message) => {
        context.control = (message as RegWriteReq).value & controlEnable
      },
    },
    writeAux: {
      description: 'keeps a new auxiliary control value',
      run: (context, message) => {
        context.auxControl = (message as RegWriteReq).value >>> 0
      },
    },
  }
}

/** Maintenance by line and by way. */
export function maintenanceActions(config: Pl310Config, shape: CacheShape): Actions {
  return {
    maintainLine: {
      description: 'cleans or invalidates one line; cleaned data go into the buffer',
      run: (context, message, out) => {
        const slot = commandSlot(context, config, shape, message as RegWriteReq)
        const op = lineOperation((message as RegWriteReq).addr - config.base) as LineOp
        if (slot >= 0) maintainSlot(context, config, shape, slot, op, out)
      },
    },
    beginSweep: {
      description: 'starts a way operation in the background',
      run: ({ sweep }, message) => {
        const { addr, value } = message as RegWriteReq
        sweep.op = wayOperation(addr - config.base) as MaintenanceOp
        sweep.mask = value & waysMask(shape)
        sweep.set = 0
      },
    },
    sweepOn: {
      description: 'goes on to the next dirty line of the lowest pending way and maintains it, or ends that way',
      run: (context, _message, out) => {
        const { sweep, array } = context
        const way = 31 - Math.clz32(sweep.mask & -sweep.mask)
        while (sweep.set < shape.sets) {
          const slot = sweep.set++ * shape.ways + way
          const state = array.states[slot] as number
          if (state < lineState.shared) continue
          maintainSlot(context, config, shape, slot, sweep.op, out)
          if (state === lineState.dirty && sweep.op !== 'invalidate') break
        }
        if (sweep.set < shape.sets) return
        sweep.set = 0
        sweep.mask &= sweep.mask - 1
        if (sweep.mask === 0) sweep.op = 'clean'
      },
    },
  }
}

/** What a register reads. Locations without a register read 0. */
function registerValue(context: Pl310Context, offset: number): number {
  const { sweep } = context
  switch (offset) {
    case pl310Offsets.cacheId:
      return cacheIdValue
    case pl310Offsets.control:
      return context.control
    case pl310Offsets.auxControl:
      return context.auxControl
    case pl310Offsets.cacheSync:
      return sweep.mask === 0 ? 0 : 1
    default:
      return wayOperation(offset) === sweep.op ? sweep.mask : 0
  }
}
