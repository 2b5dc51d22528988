/** IOMMU | what becomes of a request: forwarded, answered with a translation, refused; and the answers from memory. */

import type { Message, Out } from '../../src/kernel/actor.ts'
import type { ActionDefinition } from '../../src/statechart/define.ts'
import { memoryTypes } from '../os/calls.ts'
import type {
  Emitted,
  ReadReq,
  ReadResp,
  SysmmuFault,
  TranslateResp,
  TranslationUse,
  WriteReq,
  WriteResp,
} from '../protocol.ts'
import { leafAddr, leafBytes } from '../sysmmu/walk.ts'
import { type LeafAttributes, leafAttributes, plainDescriptor } from './descriptors.ts'
import { accessFields, hold, noRequest, refusal } from './held.ts'
import { descriptorIn } from './lines.ts'
import { tagField, tlbOf } from './lookup.ts'
import { iommuFaults } from './regs.ts'
import { type TlbEntry, tlbCovers, tlbTranslate } from './tlb.ts'
import type { IommuConfig, IommuContext, MatchUseChoice, Outstanding, Request, RequesterConfig, Walk } from './types.ts'

export type IommuAction<Msg extends Message> = ActionDefinition<IommuContext, Msg>

/** Where a request leads. */
interface Translation extends LeafAttributes {
  readonly pa: number
  readonly bytes: number
}

/** Reports an event in its declared form. */
export function report(out: Out, event: Emitted): void {
  out.emit(event)
}

/** No request and no walk. */
export function noWalk(): Walk {
  return { ...noRequest(), requester: 0, root: 0, tag: 0, awaited: false }
}

/** Puts an access on the bus at physical `addr`, and remembers it until its answer. */
function forward(ctx: IommuContext, out: Out, from: string, walk: Walk, addr: number): void {
  const { txn, words, data, memory, kind } = walk
  if (kind === 'write') out.send('bus', { type: 'write.req', from, txn, addr, data, memory } as WriteReq)
  else out.send('bus', { type: 'read.req', from, txn, addr, words, memory } as ReadReq)
  remember(ctx, { from, txn, write: kind === 'write', awaited: false })
}

function remember(ctx: IommuContext, access: Outstanding): void {
  const { outstanding } = ctx
  let at = 0
  while (at < outstanding.length && isBefore(outstanding[at] as Outstanding, access)) at++
  outstanding.splice(at, 0, access)
}

function isBefore(a: Outstanding, b: Outstanding): boolean {
  if (a.from !== b.from) return a.from < b.from
  return a.txn === b.txn ? !a.write && b.write : a.txn < b.txn
}

function forget(ctx: IommuContext, { type, from, txn }: ReadResp | WriteResp): void {
  const write = type === 'write.resp'
  const at = ctx.outstanding.findIndex((one) => one.from === from && one.txn === txn && one.write === write)
  if (at >= 0) ctx.outstanding.splice(at, 1)
}

/** What a leaf descriptor read at `level` says about the address of the request. */
function translationBy({ geometry }: IommuConfig, level: 1 | 2, descriptor: number, addr: number): Translation {
  const plain = plainDescriptor(descriptor)
  const pa = leafAddr(geometry, level, plain, addr)
  return { pa, bytes: leafBytes(geometry, level, plain), ...leafAttributes(descriptor) }
}

/** All that is done to requests of requester number `which`: one set of actions each, for exact room. */
export function requesterActions(
  config: IommuConfig,
  { from, accessPort, translatePort }: RequesterConfig,
  which: number,
) {
  const { id } = config
  const walkOf = (ctx: IommuContext): Walk => ctx.walks[which] as Walk
  const toTranslate = translatePort === undefined ? {} : { [translatePort]: 1 }
  const toAccess = accessPort === undefined ? {} : { [accessPort]: 1 }
  const onwards = { ...(accessPort === undefined ? {} : { bus: 1 }), ...toTranslate }
  const holdFor = (walk: Walk, message: Request): void => {
    hold(walk, message)
    walk.requester = which
  }
  const answerTranslation = (out: Out, { txn, addr }: Walk, found: Translation | undefined): void => {
    const response: TranslateResp = {
      type: 'translate.resp',
      from,
      txn,
      addr,
      ok: found !== undefined,
      pa: found?.pa ?? 0,
      bytes: found?.bytes ?? 0,
      memory: found === undefined ? 0 : memoryTypes.indexOf(found.nonCacheable ? 'non-cacheable' : 'cacheable'),
      readOnly: found?.readOnly ?? false,
    }
    out.send(translatePort as string, response)
  }
  const release = (ctx: IommuContext, out: Out, found: Translation, via: TranslationUse['via']): void => {
    const walk = walkOf(ctx)
    if (walk.kind === 'translate') answerTranslation(out, walk, found)
    else {
      const use = { type: 'translation.use', mmu: id, from, addr: found.pa, via, ...accessFields(walk) } as const
      report(out, { ...use, ...tagField(config, walk.tag) })
      forward(ctx, out, from, walk, found.pa)
    }
  }
  const byEntry = (entry: TlbEntry, addr: number): Translation => ({
    pa: tlbTranslate(entry, addr),
    bytes: entry.bytes,
    readOnly: entry.kind === 'read-only',
    nonCacheable: entry.nonCacheable,
  })
  return {
    [`hold.${from}`]: {
      description: 'keeps a copy of the request until it can go on',
      run: (ctx, message) => holdFor(walkOf(ctx), message),
    } satisfies IommuAction<Request>,
    [`releaseHit.${from}`]: {
      description: 'lets the request go on with the translation of its TLB entry',
      sends: onwards,
      run: (ctx, _message, out) => {
        const { tag, addr } = walkOf(ctx)
        const entry = tlbOf(config, ctx, which).entries.find((one) => tlbCovers(one, tag, addr))
        release(ctx, out, byEntry(entry as TlbEntry, addr), 'hit')
      },
    } satisfies IommuAction<Message>,
    [`releaseChosen.${from}`]: {
      description: 'lets the request go on with the translation of the entry chosen',
      sends: onwards,
      run: (ctx, message, out) => {
        const entry = tlbOf(config, ctx, which).entries[message.value % config.tlbEntries] as TlbEntry
        release(ctx, out, byEntry(entry, walkOf(ctx).addr), 'hit')
      },
    } satisfies IommuAction<MatchUseChoice>,
    [`releaseWalked.${from}`]: {
      description: 'lets the request go on with the translation that the walk found',
      sends: onwards,
      // By the descriptor and not by a look-up: entries of other sizes are for later requests to find.
      run: (ctx, message, out, { level }: { level: 1 | 2 }) => {
        const { addr } = walkOf(ctx)
        release(ctx, out, translationBy(config, level, descriptorIn(config, message, level, addr), addr), 'walk')
      },
    } satisfies IommuAction<ReadResp>,
    [`refuse.${from}`]: {
      description: 'answers with an error; for an access it is a fault, for a question that there is no translation',
      sends: { ...toAccess, ...toTranslate },
      run: (ctx, _message, out, { kind }: { kind: SysmmuFault['kind'] }) => {
        const walk = walkOf(ctx)
        const { addr, write } = walk
        if (walk.kind === 'translate') {
          answerTranslation(out, walk, undefined) // HF-464
          return
        }
        out.send(accessPort as string, refusal(from, walk))
        // Where nobody looks at the registers they stay as they are, and states alike.
        if (config.interruptLine !== undefined || config.keepsFaults) {
          ctx.fault.status |= iommuFaults[kind]
          ctx.fault.addr = addr
        }
        report(out, { type: 'sysmmu.fault', mmu: id, from, kind, iova: addr, write })
      },
    } satisfies IommuAction<Message>,
    [`bypass.${from}`]: {
      description: 'lets the request go on as it is: its address is taken as physical',
      sends: onwards,
      run: (ctx, message, out) => {
        const walk = noWalk()
        holdFor(walk, message)
        if (walk.kind === 'translate') {
          const { pageBytes: bytes } = config.geometry
          answerTranslation(out, walk, { pa: walk.addr, bytes, readOnly: false, nonCacheable: false })
          return
        }
        report(out, { type: 'translation.use', mmu: id, from, addr: walk.addr, via: 'bypass', ...accessFields(walk) })
        forward(ctx, out, from, walk, walk.addr)
      },
    } satisfies IommuAction<Request>,
  }
}

/** What is done to accesses besides translating them: for requesters that make any. */
export function accessActions(from: string, accessPort: string) {
  return {
    [`pass.${from}`]: {
      description: 'puts an access that is translated already on the bus',
      sends: { bus: 1 },
      run: (_ctx, message, out) => {
        const { translated: _, ...access } = message
        out.send('bus', access)
      },
    } satisfies IommuAction<ReadReq | WriteReq>,
    [`answer.${from}`]: {
      description: 'hands the answer from memory on',
      sends: { [accessPort]: 1 },
      run: (ctx, message, out) => {
        forget(ctx, message)
        out.send(accessPort, message)
      },
    } satisfies IommuAction<ReadResp | WriteResp>,
  }
}
