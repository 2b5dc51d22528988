/** SYSMMU | actions about device accesses: forward, hold, release, refuse, and the faults that they meet. */

import type { ActionOut, Message, Out } from '../../src/kernel/actor.ts'
import type { ActionDefinition } from '../../src/statechart/define.ts'
import type { Emitted, ReadResp, TranslationUse, WriteResp } from '../protocol.ts'
import { type FaultKind, recordFault } from './register-file.ts'
import { sysmmuCfg } from './regs.ts'
import { tlbFind, tlbTouch, tlbTranslate } from './tlb.ts'
import type { Access, HeldAccess, SysmmuConfig, SysmmuContext } from './types.ts'
import { leafAddr } from './walk.ts'

export type SysmmuAction<Msg extends Message> = ActionDefinition<SysmmuContext, Msg>

/** No access held. */
export function nothingHeld(): HeldAccess {
  return { write: false, from: '', txn: 0, addr: 0, words: 0, data: [], memory: 'non-cacheable' }
}

/** Reports an event in its declared form. */
export function report(out: Out, event: Emitted): void {
  out.emit(event)
}

/** Records and reports a fault at IO address `iova`, or at a physical one once the access is on the bus. */
function fault(
  ctx: SysmmuContext,
  out: Out,
  mmu: string,
  kind: FaultKind,
  access: {
    readonly from: string
    readonly write: boolean
    readonly addr: number
  },
): void {
  recordFault(ctx.regs, kind, access.write, access.addr)
  report(out, { type: 'sysmmu.fault', mmu, from: access.from, kind, iova: access.addr, write: access.write })
}

/** Puts the access on the bus at physical `addr` and says so. */
function forward(out: ActionOut, mmu: string, message: Access, addr: number, via: TranslationUse['via']): void {
  const { from, txn, memory, addr: iova } = message
  if (message.type === 'write.req') {
    const data = message.data
    report(out, { type: 'translation.use', mmu, from, iova, addr, words: data.length, write: true, via })
    out.give('bus', { type: 'write.req', addr, data, from, memory, txn } as Access)
  } else {
    const words = message.words
    report(out, { type: 'translation.use', mmu, from, iova, addr, words, write: false, via })
    out.give('bus', { type: 'read.req', addr, from, memory, txn, words } as Access)
  }
}

/** By the one TLB entry that matches; a hit counts as a use for least-recently-used replacement. */
function forwardHit(ctx: SysmmuContext, out: ActionOut, mmu: string, message: Access): void {
  const at = tlbFind(ctx.tlb, message.addr)
  const addr = tlbTranslate(ctx.tlb, at, message.addr)
  if ((ctx.regs.cfg & sysmmuCfg.lru) !== 0) tlbTouch(ctx.tlb, at)
  forward(out, mmu, message, addr, 'hit')
}

function hold(ctx: SysmmuContext, message: Access): void {
  const { held } = ctx
  const write = message.type === 'write.req'
  held.write = write
  held.from = message.from
  held.txn = message.txn
  held.addr = message.addr
  held.words = write ? 0 : message.words
  held.data = write ? message.data.slice() : []
  held.memory = message.memory
}

/** The held access in the form in which it came; nothing is held afterwards. */
function takeHeld(ctx: SysmmuContext): Access {
  const { write, from, txn, addr, words, data, memory } = ctx.held
  ctx.held = nothingHeld()
  return write
    ? { type: 'write.req', from, txn, addr, data, memory }
    : { type: 'read.req', from, txn, addr, words, memory }
}

function refusal(message: Access): ReadResp | WriteResp {
  const { from, txn, addr } = message
  return message.type === 'write.req'
    ? { type: 'write.resp', from, txn, addr, ok: false }
    : { type: 'read.resp', from, txn, addr, data: [], ok: false }
}

/** Actions that take an access from the device or a response from the bus. */
export function accessActions({ id }: SysmmuConfig) {
  return {
    forwardHit: {
      description: 'puts the access on the bus at the address that its TLB entry gives',
      sends: { bus: 1 },
      run: (ctx, message, out) => forwardHit(ctx, out, id, message),
    } satisfies SysmmuAction<Access>,
    forwardBypass: {
      description: 'puts the access on the bus as it is: its address is taken as physical',
      sends: { bus: 1 },
      run: (_ctx, message, out) => forward(out, id, message, message.addr, 'bypass'),
    } satisfies SysmmuAction<Access>,
    hold: {
      description: 'keeps a copy of the access until it can go on',
      run: (ctx, message) => hold(ctx, message),
    } satisfies SysmmuAction<Access>,
    refuse: {
      description: 'answers a burst that crosses a page with an error and records a bus error',
      sends: { device: 1 },
      run: (ctx, message, out) => {
        out.send('device', refusal(message))
        fault(ctx, out, id, 'bus', { from: message.from, write: message.type === 'write.req', addr: message.addr })
      },
    } satisfies SysmmuAction<Access>,
    passResponse: {
      description: 'hands the response on to the device',
      sends: { device: 1 },
      run: (_ctx, message, out) => out.give('device', message),
    } satisfies SysmmuAction<ReadResp | WriteResp>,
    faultAccess: {
      description: 'records that the bus answered a translated access with an error',
      run: (ctx, message, out) =>
        fault(ctx, out, id, 'bus', { from: message.from, write: message.type === 'write.resp', addr: message.addr }),
    } satisfies SysmmuAction<ReadResp | WriteResp>,
  }
}

/** Actions on the held access. */
export function heldActions({ id, geometry }: SysmmuConfig) {
  return {
    releaseHit: {
      description: 'puts the held access on the bus at the address that its TLB entry gives',
      sends: { bus: 1 },
      run: (ctx, _message, out) => forwardHit(ctx, out, id, takeHeld(ctx)),
    } satisfies SysmmuAction<Message>,
    releaseWalked: {
      description: 'puts the held access on the bus at the address that the walk found',
      sends: { bus: 1 },
      // By the descriptor and not by a look-up: the new entry may overlap one of another size, which the next access finds out.
      run: (ctx, message, out, params: { level: 1 | 2 }) => {
        const access = takeHeld(ctx)
        const addr = leafAddr(geometry, params.level, message.data[0] as number, access.addr)
        forward(out, id, access, addr, 'walk')
      },
    } satisfies SysmmuAction<ReadResp>,
    releaseBypass: {
      description: 'puts the held access on the bus untranslated, as everything once the SYSMMU is off',
      sends: { bus: 1 },
      run: (ctx, _message, out) => {
        const access = takeHeld(ctx)
        forward(out, id, access, access.addr, 'bypass')
      },
    } satisfies SysmmuAction<Message>,
    faultHeld: {
      description: 'records a fault of the held access: page, bus (the walk failed), multi-hit or access right',
      run: (ctx, _message, out, params: { kind: FaultKind }) => fault(ctx, out, id, params.kind, ctx.held),
    } satisfies SysmmuAction<Message>,
  }
}
