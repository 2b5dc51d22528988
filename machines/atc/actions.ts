/** ATC | what the chart asks and does: requests of the device, answers of the IOMMU, invalidations. */

import { alignDown } from '../../src/base/bits.ts'
import type { Message, Out } from '../../src/kernel/actor.ts'
import type { ActionDefinition } from '../../src/statechart/define.ts'
import { accessFields, crossesPage, hold, noRequest, refusal } from '../iommu/held.ts'
import { type TlbEntry, tlbFind, tlbInsert, tlbMiss, tlbRemove, tlbTranslate, tlbVictims } from '../iommu/tlb.ts'
import type { HeldRequest, Request } from '../iommu/types.ts'
import { memoryTypes } from '../os/calls.ts'
import type {
  AtcDone,
  AtcInvalidate,
  Emitted,
  ReadReq,
  ReadResp,
  SysmmuFault,
  TlbDrop,
  TranslateReq,
  TranslateResp,
  TranslationUse,
  WriteReq,
  WriteResp,
} from '../protocol.ts'
import type { AtcConfig, AtcContext, AtcDropChoice } from './types.ts'

type Action<Msg extends Message> = ActionDefinition<AtcContext, Msg>

/** Everything is in one domain: the device's. */
const tag = 0

function report(out: Out, event: Emitted): void {
  out.emit(event)
}

/** The request as it would be held. */
function asked(message: Request): HeldRequest {
  const held = noRequest()
  hold(held, message)
  return held
}

/** The entry for an IO address. Entries that overlap were given at different times: the first in order is as good as another. */
function entryFor({ tlb }: AtcContext, iova: number): TlbEntry | undefined {
  const at = tlbFind(tlb, tag, iova)
  if (at === tlbMiss) return undefined
  return at >= 0 ? tlb.entries[at] : tlb.entries.find((one) => ((one.iova ^ iova) & -one.bytes) === 0)
}

/** The entry that an answer gives. */
function entryIn({ addr, pa, bytes, memory, readOnly }: TranslateResp): TlbEntry {
  return {
    tag,
    iova: alignDown(addr, bytes),
    bytes,
    addr: alignDown(pa, bytes),
    kind: readOnly ? 'read-only' : 'read-write',
    nonCacheable: memoryTypes[memory] === 'non-cacheable',
  }
}

/** Whether a range that is invalidated holds `bytes` bytes from `iova` on, or some of them; 0 bytes are everything. */
function isMeant({ iova, bytes }: AtcInvalidate, start: number, length: number): boolean {
  return bytes === 0 || (start < iova + bytes && start + length > iova)
}

export function atcGuards({ pageBytes }: AtcConfig) {
  return {
    isTranslated: (_ctx: AtcContext, message: ReadReq | WriteReq) => message.translated === true,
    crosses: (_ctx: AtcContext, message: Request) => crossesPage(asked(message), pageBytes),
    knows: (ctx: AtcContext, { addr }: Request) => entryFor(ctx, addr) !== undefined,
    denies: (ctx: AtcContext, { addr }: WriteReq) => entryFor(ctx, addr)?.kind === 'read-only',
    grants: ({ held }: AtcContext, { ok, readOnly }: TranslateResp) => ok && !(readOnly && held.kind === 'write'),
    found: (_ctx: AtcContext, { ok }: TranslateResp) => ok,
    accessesOver: ({ outstanding }: AtcContext) => outstanding.every(({ awaited }) => !awaited),
    dropPossible: ({ tlb }: AtcContext, { value }: AtcDropChoice) => tlb.entries[value] !== undefined,
  }
}

export function atcActions({ id, from, entries, translates, accessesInFlight }: AtcConfig) {
  const drop = (ctx: AtcContext, out: Out, at: number, cause: TlbDrop['cause']): void => {
    const { iova, bytes } = tlbRemove(ctx.tlb, at)
    report(out, { type: 'tlb.drop', mmu: id, iova, bytes, cause })
  }
  /** Puts a translated access on its way. */
  const go = (ctx: AtcContext, out: Out, held: HeldRequest, entry: TlbEntry, via: TranslationUse['via']): void => {
    const { txn, words, data, memory, kind } = held
    const addr = tlbTranslate(entry, held.addr)
    const write = kind === 'write'
    report(out, { type: 'translation.use', mmu: id, from, addr, via, ...accessFields(held) })
    const access = write
      ? ({ type: 'write.req', from, txn, addr, data, memory, translated: true } as WriteReq)
      : ({ type: 'read.req', from, txn, addr, words, memory, translated: true } as ReadReq)
    out.send('bus', access)
    ctx.outstanding.push({ txn, write, iova: held.addr, awaited: false })
  }
  const answer = (out: Out, { txn, addr }: HeldRequest, entry: TlbEntry | undefined): void => {
    const memory = entry?.nonCacheable ? 'non-cacheable' : 'cacheable'
    const response: TranslateResp = {
      type: 'translate.resp',
      from,
      txn,
      addr,
      ok: entry !== undefined,
      pa: entry === undefined ? 0 : tlbTranslate(entry, addr),
      bytes: entry?.bytes ?? 0,
      memory: entry === undefined ? 0 : memoryTypes.indexOf(memory),
      readOnly: entry?.kind === 'read-only',
    }
    out.send('translate', response)
  }
  const toTranslate = translates ? { translate: 1 } : {}
  const refuse = (out: Out, held: HeldRequest, kind: SysmmuFault['kind']): void => {
    if (held.kind === 'translate') {
      answer(out, held, undefined)
      return
    }
    out.send('device', refusal(from, held))
    report(out, { type: 'sysmmu.fault', mmu: id, from, kind, iova: held.addr, write: held.write })
  }
  return {
    forwardKnown: {
      description: 'lets the access go on with its physical address, or answers the question, from the cache',
      sends: { bus: 1, ...toTranslate },
      run: (ctx, message, out) => {
        const held = asked(message)
        const entry = entryFor(ctx, held.addr) as TlbEntry
        if (held.kind === 'translate') answer(out, held, entry)
        else go(ctx, out, held, entry, 'hit')
      },
    } satisfies Action<Request>,
    forwardTranslated: {
      description: 'lets the access pass: its address is physical already',
      sends: { bus: 1 },
      run: (_ctx, message, out) => out.send('bus', message),
    } satisfies Action<ReadReq | WriteReq>,
    refuse: {
      description: 'answers the access with an error',
      sends: { device: 1, ...toTranslate },
      run: (_ctx, message, out, { kind }: { kind: SysmmuFault['kind'] }) => refuse(out, asked(message), kind),
    } satisfies Action<Request>,
    hold: {
      description: 'keeps a copy of the request until its translation is known',
      run: (ctx, message) => hold(ctx.held, message),
    } satisfies Action<Request>,
    ask: {
      description: 'asks the IOMMU for the translation',
      sends: { bus: 1 },
      run: (ctx, _message, out) => {
        const { txn, addr, write } = ctx.held
        out.send('bus', { type: 'translate.req', from, txn, addr, write } as TranslateReq)
      },
    } satisfies Action<Message>,
    enter: {
      description: 'enters the translation into the cache',
      run: (ctx, message, out) => {
        const entry = entryIn(message)
        for (const at of tlbVictims(ctx.tlb, entry, entries)) drop(ctx, out, at, 'replace')
        tlbInsert(ctx.tlb, entry)
        report(out, { type: 'tlb.fill', mmu: id, iova: entry.iova, addr: entry.addr, bytes: entry.bytes })
      },
    } satisfies Action<TranslateResp>,
    release: {
      description: 'lets the held request go on with the translation that was answered',
      sends: { bus: 1, ...toTranslate },
      run: (ctx, message, out) => {
        const entry = entryIn(message)
        if (ctx.held.kind === 'translate') answer(out, ctx.held, entry)
        else go(ctx, out, ctx.held, entry, 'walk')
        ctx.held = noRequest()
      },
    } satisfies Action<TranslateResp>,
    refuseHeld: {
      description: 'answers the held request: there is no translation that allows it',
      sends: { device: 1, ...toTranslate },
      run: (ctx, _message, out, { kind }: { kind: SysmmuFault['kind'] }) => {
        refuse(out, ctx.held, kind)
        ctx.held = noRequest()
      },
    } satisfies Action<TranslateResp>,
    passAnswer: {
      description: 'hands the answer from memory on',
      sends: { device: 1 },
      run: (ctx, message, out) => {
        const write = message.type === 'write.resp'
        const at = ctx.outstanding.findIndex((one) => one.txn === message.txn && one.write === write)
        if (at >= 0) ctx.outstanding.splice(at, 1)
        out.send('device', message)
      },
    } satisfies Action<ReadResp | WriteResp>,
    invalidate: {
      description: 'drops what is named, and notes which accesses still use it',
      run: (ctx, message, out) => {
        for (let at = ctx.tlb.entries.length - 1; at >= 0; at--) {
          const { iova, bytes } = ctx.tlb.entries[at] as TlbEntry
          if (isMeant(message, iova, bytes)) drop(ctx, out, at, 'invalidate')
        }
        if (accessesInFlight === 'ignored') return // HF-641
        for (const access of ctx.outstanding) if (isMeant(message, access.iova, 4)) access.awaited = true
      },
    } satisfies Action<AtcInvalidate>,
    answerDone: {
      description: 'tells the IOMMU that nothing uses it any more',
      sends: { invalidate: 1 },
      run: (_ctx, _message, out) => out.send('invalidate', { type: 'atc.done' } as AtcDone),
    } satisfies Action<Message>,
    dropEntry: {
      description: 'drops the chosen entry',
      run: (ctx, { value }, out) => drop(ctx, out, value, 'spontaneous'),
    } satisfies Action<AtcDropChoice>,
  }
}
