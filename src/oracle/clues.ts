/** Oracle | clues to the root of a violation: whatever, in one run, somebody met that was no longer right. */

import { memoryMap } from '../../machines/geometry.ts'
import type { Emitted, MemoryRead, MemoryWrite } from '../../machines/protocol.ts'
import { hex } from '../base/bits.ts'
import type { TraceEvent } from '../kernel/trace.ts'
import { type Clue, missingStep, swapped } from './clue.ts'
import { LostCopies } from './lost-copies.ts'
import { MetInOrder } from './met-in-order.ts'
import type { OracleConfig } from './oracle.ts'
import { createOracleSet, type OracleSet } from './oracle-set.ts'
import { Places } from './places.ts'
import { type Posted, PostedWrites } from './posted-writes.ts'
import type { MissingKind, Root } from './root.ts'
import { type Outdated, TranslationsSeen } from './translations-seen.ts'
import { type Write, Writes } from './writes.ts'

/** Tells the run again and notes every clue, in the order of the steps. */
export function cluesOf(events: readonly TraceEvent[], config: OracleConfig): Clue[] {
  const reader = new Reader(config)
  for (const event of config.prelude) reader.emitted(event, { step: 0, cycle: 0, actor: '' })
  for (const event of events) reader.take(event)
  reader.atEnd(events.at(-1)?.step ?? 0)
  return reader.clues
}

function tellingOf(message: object): { readonly by: string; readonly addr: number } {
  const { from, addr } = message as { readonly from: string; readonly addr: number }
  return { by: from, addr }
}

interface Where {
  readonly step: number
  readonly cycle: number
  readonly actor: string
}

class Reader {
  readonly clues: Clue[] = []
  private readonly config: OracleConfig
  private readonly set: OracleSet
  private readonly writes = new Writes()
  private readonly posted = new PostedWrites()
  private readonly met = new MetInOrder()
  private readonly seen: TranslationsSeen
  private readonly places: Places
  private readonly lost: LostCopies
  /** The last register write that a unit or a device took, and who wrote: an invalidation, a doorbell. */
  private readonly told = new Map<string, { readonly step: number; readonly by: string; readonly addr: number }>()

  constructor(config: OracleConfig) {
    this.config = config
    this.set = createOracleSet([], config)
    this.places = new Places(config, this.set.state.history, this.writes)
    this.seen = new TranslationsSeen(this.writes, config.pageBytes)
    const { history } = this.set.state
    const { writes, places, met } = this
    const bell = (step: number, since: number): number => this.bell(step, since)
    this.lost = new LostCopies({ config, history, writes, places, met, bell })
  }

  take(event: TraceEvent): void {
    const { step, cycle, actor, message, emitted = [] } = event
    for (const arrived of this.posted.take(event)) this.postedUntil(arrived, step)
    if (message?.type === 'reg.write.req') this.told.set(actor, { step, ...tellingOf(message) })
    for (const one of emitted) this.emitted(one as Emitted, { step, cycle, actor })
    for (const { message: sent } of event.sent ?? [])
      this.answered(sent as Emitted | { type: 'translate.resp' }, actor, step)
  }

  /** What had not arrived when the run was over. */
  atEnd(step: number): void {
    for (const write of this.posted.waiting()) this.postedUntil(write, step)
    for (const [mmu, told] of this.told) {
      if (!this.config.mmus.includes(mmu)) continue
      this.clues.push({
        basis: 'waited',
        step,
        wrote: { actor: told.by, step: told.step, addr: told.addr },
        stayed: `${mmu} had not finished what it was told`,
        reader: { actor: mmu, step },
        missing: missingStep('tlb-sync', told.by, told.step, step, {}),
      })
    }
  }

  /** A register write was on its way until `step`; whatever it was to tell was not known before. */
  private postedUntil({ actor, step: since, addr, value }: Posted, step: number): void {
    if (step <= since || addr >>> 12 === memoryMap.pl310.base >>> 12) return
    this.clues.push({
      basis: 'waited',
      step,
      addr,
      wrote: { actor, step: since, addr, value },
      stayed: 'the write was on its way to the register',
      reader: { actor, step },
      missing: missingStep('read-back', actor, since, step, { addr }),
    })
    const older = this.writes.oldestOf(actor)
    if (older && older.step < since) this.overtook(older, since, step)
  }

  /** A store still waits while something younger of its core has arrived. */
  private overtook(older: Write, since: number, step: number): void {
    const reader = { actor: older.actor, step }
    this.push('waited', older, `the value stayed in the store buffer of ${older.actor}`, reader, 'dsb', since)
  }

  emitted(event: Emitted, where: Where): void {
    this.look(event, where)
    this.set.observe(event, where)
    this.note(event, where.step)
  }

  /** Before the history knows of the event. */
  private look(event: Emitted, where: Where): void {
    const { step } = where
    switch (event.type) {
      case 'memory.read':
        if (this.config.mmus.includes(event.from)) this.seen.sampled(event.from, event.addr, event.data, step)
        if (!this.isOutside(event.from)) return
        for (const [i, value] of event.data.entries()) this.sampled(event, event.addr + i * 4, value, step)
        if (this.config.devices.includes(event.from)) this.arrived(event, step)
        return
      case 'memory.write':
        if (this.config.devices.includes(event.from)) this.arrived(event, step)
        else if (!this.isOutside(event.from)) this.keep(this.lost.overwritten(event, step))
        return
      case 'cpu.load':
        for (const [i, value] of event.data.entries()) this.loaded(event, event.addr + i * 4, value, step)
        return
      case 'line.drop':
        if (event.dirty) this.keep(this.lost.dropped(event.cache, event.addr, event.data, step))
        return
      case 'translation.use':
        if (event.via === 'bypass') return
        this.used(event.mmu, event.from, event.iova, step)
        this.seen.issued(event.from, event.addr, event.iova, event.write, step, event.mmu)
        return
      case 'sysmmu.fault':
        this.used(event.mmu, event.from, event.iova, step)
        return
      case 'register.lost':
        this.clues.push({
          basis: 'met',
          step,
          addr: event.addr,
          wrote: { actor: event.from, step, addr: event.addr },
          stayed: `the ${event.why} of ${event.target} was off`,
          reader: { actor: event.target, step },
          missing: missingStep('power', event.from, 0, step, { addr: event.addr }),
        })
        return
      default:
    }
  }

  /** After it. */
  private note(event: Emitted, step: number): void {
    switch (event.type) {
      case 'cpu.store':
        this.writes.executed(event, step)
        return
      case 'cpu.stored':
        this.writes.stored(event, step)
        this.olderThan(event, step)
        for (const i of event.data.keys()) this.lost.stored(this.writes.last(event.addr + i * 4) as Write)
        return
      case 'memory.write':
        if (this.config.devices.includes(event.from)) this.writes.landed(event, step)
        return
      case 'line.fill':
        this.places.filled(event.cache, event.addr, step)
        return
      case 'line.drop':
        this.places.left(event.cache, event.addr)
        return
      case 'walk.read':
        this.seen.named(event.mmu, event.iova, event.level, event.descriptor)
        return
      case 'tlb.fill':
        this.seen.filled(event.mmu, event.iova, step)
        return
      case 'tlb.drop':
        this.seen.dropped(event.mmu, event.iova)
        return
      default:
    }
  }

  private olderThan({ core, addr }: Extract<Emitted, { type: 'cpu.stored' }>, step: number): void {
    const older = this.writes.oldestOf(`cpu${core}`)
    const younger = this.writes.last(addr)
    if (older && younger && older.step < younger.step) this.overtook(older, younger.step, step)
  }

  /** A core or a device got a translation, not an access. */
  private answered(message: { readonly type: string }, mmu: string, step: number): void {
    if (message.type !== 'translate.resp') return
    const { addr, from, ok } = message as unknown as { addr: number; from: string; ok: boolean }
    if (ok) this.used(mmu, from, addr, step)
  }

  /** A device or a walker sampled a word. */
  private sampled({ from, coherent }: MemoryRead, addr: number, value: number, step: number): void {
    const newest = this.writes.newest(addr)
    if (!newest || newest.actor === from) return
    if ((newest.value ^ value) === 0) {
      this.met.saw(from, newest)
      return
    }
    const kind = this.places.whyUnseen(newest, coherent === true)
    this.unseen(newest, from, step, kind)
  }

  /** A reader did not get the newest value: what let it on came too early, or the store too late. */
  private unseen(newest: Write, reader: string, step: number, kind: MissingKind): void {
    const stayed = this.places.whereabouts(newest)
    // Walkers go by addresses: no word lets them on.
    const isWalker = this.config.mmus.includes(reader)
    const met = isWalker ? undefined : this.met.lastBefore(reader, newest)
    const told = isWalker ? undefined : this.told.get(reader)
    const after = met && met.step > newest.step ? met.step : step
    this.push('met', newest, stayed, { actor: reader, step }, kind, Math.min(after, this.bell(step, newest.step)))
    const early = met && met.step < newest.step ? met : undefined
    if (early) this.clues.push(swapped(newest, stayed, { actor: reader, step }, early))
    else if (!met && told?.by === newest.actor && told.step < newest.step)
      this.clues.push(swapped(newest, stayed, { actor: reader, step }, told))
  }

  private loaded(
    { core, memory }: Extract<Emitted, { type: 'cpu.load' }>,
    addr: number,
    value: number,
    step: number,
  ): void {
    const own = this.writes.pending(addr, core)
    const newest = own ?? this.writes.newest(addr)
    const actor = `cpu${core}`
    const reader = { actor, step }
    if (!newest) return
    if ((newest.value ^ value) === 0) {
      this.met.saw(actor, newest)
      return
    }
    if (this.writes.pending(addr) === newest) {
      const stayed = this.places.whereabouts(newest)
      const met = this.met.lastBefore(actor, newest)
      const isBehind = met !== undefined && met.step > newest.step
      this.push(isBehind ? 'met' : 'waited', newest, stayed, reader, 'dsb', isBehind ? met.step : step)
      if (met && !isBehind) this.clues.push(swapped(newest, stayed, reader, met))
      return
    }
    // Lost altogether: how that came about is a clue of its own.
    if (!this.places.isSomewhere(newest)) return
    const caches = memory === 'cacheable' ? [`l1d${core}`, 'l2'] : ['l2']
    const stale = caches.filter((cache) => this.places.heldSince(cache, addr) <= newest.step)
    if (stale.length > 0) {
      this.push('met', newest, `an older copy stayed in ${stale.join(' and ')}`, reader, 'invalidate', step, actor)
      return
    }
    const kind = memory === 'cacheable' ? 'invalidate' : this.places.whyUnseen(newest, false)
    if (kind === 'invalidate') {
      this.push('met', newest, `${actor} had loaded an older value`, reader, 'load-barrier', step, actor)
    }
    this.push('met', newest, this.places.whereabouts(newest), reader, kind, step, actor)
  }

  /** A translation was used that the tables no longer give. */
  private used(mmu: string, from: string, iova: number, step: number): void {
    const outdated = this.seen.outdated(mmu, iova)
    if (outdated) this.translated(mmu, from, iova, step, outdated)
  }

  private translated(mmu: string, from: string, iova: number, step: number, { write, read }: Outdated): void {
    const told = this.told.get(mmu)
    const isTold = told !== undefined && told.step > write.step
    const kind = isTold ? 'tlb-sync' : 'tlb-invalidate'
    const after = isTold ? told.step : write.step
    // The unit was told before the store was performed: it walked once more, and found what was there before.
    const isOvertaken = isTold && read > write.step && this.writes.waitedAt(write, told.step)
    this.clues.push({
      basis: 'met',
      step,
      addr: write.addr,
      wrote: { actor: write.actor, step: write.step, addr: write.addr, value: write.value },
      stayed: `the translation of ${hex(iova)} stayed in ${mmu}`,
      reader: { actor: from, step },
      missing: missingStep(kind, isTold ? told.by : write.actor, after, step, { iova, addr: write.addr }),
      // Dropped, it would have been made from the same word again.
      ...(isOvertaken || (read > write.step && this.places.isKeptBack(write)) ? { follows: true as const } : {}),
    })
  }

  /** An access landed that was on its way when its translation was taken back. */
  private arrived(event: MemoryRead | MemoryWrite, step: number): void {
    const outdated = this.seen.landed(event.from, event.addr, event.type === 'memory.write')
    if (!outdated) return
    const { write, iova } = outdated
    const told = Math.max(
      0,
      ...[...this.told].filter(([id]) => this.config.mmus.includes(id)).map(([, one]) => one.step),
    )
    const kind = told > write.step ? 'tlb-sync' : 'stop-device'
    this.clues.push({
      basis: 'met',
      step,
      addr: event.addr,
      wrote: { actor: write.actor, step: write.step, addr: write.addr, value: write.value },
      stayed: `an access of ${event.from} through ${hex(iova)} was on its way`,
      reader: { actor: event.from, step },
      missing: missingStep(kind, write.actor, Math.max(write.step, told), step, { iova }),
    })
  }

  private keep(clue: Clue | undefined): void {
    if (clue) this.clues.push(clue)
  }

  private push(
    basis: Root['basis'],
    write: Write,
    stayed: string,
    reader: Root['reader'],
    missing: MissingKind,
    before: number,
    by = write.actor,
  ): void {
    const { actor, step, addr, value } = write
    const who = by.startsWith('cpu') ? by : reader.actor
    this.clues.push({
      basis,
      step: reader.step,
      addr,
      wrote: { actor, step, addr, value },
      stayed,
      reader,
      missing: missingStep(missing, who, step, before, { addr }),
    })
  }

  /** The last register write before `step` that can have told a device, if it came after `since`; else `step`. */
  private bell(step: number, since: number): number {
    const rung = Math.max(
      0,
      ...[...this.told].filter(([id]) => this.config.devices.includes(id)).map(([, one]) => one.step),
    )
    return rung > since && rung <= step ? rung : step
  }

  /** Devices and walkers: they meet memory, not the caches. */
  private isOutside(from: string): boolean {
    return this.config.devices.includes(from) || this.config.mmus.includes(from)
  }
}
