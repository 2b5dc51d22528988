/** Test | a device's translation cache: hits, questions, invalidations that overtake answers and wait for accesses. */

import { describe, expect, test } from 'vitest'
import { defaultAtcConfig, defineAtc } from '../../../../machines/atc/machine.ts'
import { litmus } from '../../../../machines/geometry.ts'
import { type Loose, MachineDriver } from '../drive-machine.ts'

const v0 = litmus.iova.base
const v1 = v0 + litmus.pageBytes
const p0 = litmus.dram.base + 0x100

class AtcRig extends MachineDriver {
  constructor() {
    super(defineAtc(defaultAtcConfig))
  }

  /** What left for the IOMMU, or came back to the device, after an access of one word. */
  access(addr: number, { txn = 0, data }: { txn?: number; data?: number[] } = {}): string {
    const common = { from: 'd0', txn, addr, memory: 'non-cacheable' }
    const message = data ? { type: 'write.req', ...common, data } : { type: 'read.req', ...common, words: 1 }
    return this.give(message) === 'stall' ? 'stalled' : this.fate
  }

  get fate(): string {
    return this.sent
      .map(({ port, message }) => `${port} ${message.type} ${(message.addr as number).toString(16)}`)
      .join()
  }

  /** The IOMMU answers; without `pa`: that there is no translation. */
  answer(addr: number, pa?: number, more: Partial<Loose> = {}): string {
    const known = pa === undefined ? { ok: false, pa: 0, bytes: 0 } : { ok: true, pa, bytes: 16 }
    this.give({ type: 'translate.resp', from: 'd0', txn: 0, addr, memory: 0, readOnly: false, ...known, ...more })
    return this.fate
  }

  /** With v0 in the cache. */
  filled(): this {
    this.access(v0)
    this.answer(v0, p0)
    this.land()
    return this
  }

  land(txn = 0): void {
    this.give({ type: 'read.resp', from: 'd0', txn, addr: p0, data: [0], ok: true })
  }

  invalidate(iova = 0, bytes = 0): string {
    return this.give({ type: 'atc.invalidate', iova, bytes }) === 'stall' ? 'stalled' : this.done
  }

  get done(): string {
    return this.to('invalidate').length > 0 ? 'done' : 'waits'
  }
}

test('a miss asks, and the access goes on with its physical address', () => {
  const rig = new AtcRig()
  expect(rig.access(v0 + 4)).toBe(`bus translate.req ${(v0 + 4).toString(16)}`)
  expect(rig.access(v1, { txn: 1 })).toBe('stalled')
  rig.answer(v0 + 4, p0 + 4)
  expect(rig.to('bus')).toMatchObject([{ type: 'read.req', from: 'd0', addr: p0 + 4, translated: true }])
  expect(rig.emitted).toMatchObject([
    { type: 'tlb.fill', mmu: 'atc0', iova: v0, addr: p0, bytes: 16 },
    { type: 'translation.use', mmu: 'atc0', iova: v0 + 4, addr: p0 + 4, via: 'walk' },
  ])
  expect(rig.access(v0, { txn: 1, data: [7] })).toBe(`bus write.req ${p0.toString(16)}`)
  expect(rig.emitted).toMatchObject([{ via: 'hit' }])
})

test('what is not allowed is answered with an error', () => {
  const rig = new AtcRig()
  rig.access(v0, { data: [1] })
  expect(rig.answer(v0)).toBe(`device write.resp ${v0.toString(16)}`)
  expect(rig.events('sysmmu.fault')).toMatchObject([{ kind: 'page', write: true }])
  rig.access(v0, { data: [1] })
  rig.answer(v0, p0, { readOnly: true })
  expect(rig.events('sysmmu.fault')).toMatchObject([{ kind: 'access' }])
  rig.access(v0, { data: [1] })
  expect(rig.events('sysmmu.fault')).toMatchObject([{ kind: 'access' }])
  expect(rig.access(v0)).toBe(`bus read.req ${p0.toString(16)}`)
  rig.access(v0 + 12, { data: [1, 2] })
  expect(rig.events('sysmmu.fault')).toMatchObject([{ kind: 'bus' }])
})

test('a question without an access fills the cache and is answered from it', () => {
  const rig = new AtcRig()
  rig.give({ type: 'translate.req', from: 'd0', txn: 1, addr: v0, write: false })
  rig.answer(v0, p0, { memory: 1 })
  const answer = { type: 'translate.resp', from: 'd0', txn: 1, addr: v0, ok: true, pa: p0, bytes: 16, memory: 1 }
  expect(rig.to('translate')).toMatchObject([answer])
  rig.give({ type: 'translate.req', from: 'd0', txn: 1, addr: v0, write: false })
  expect(rig.to('translate')).toMatchObject([answer])
  rig.give({ type: 'translate.req', from: 'd0', txn: 1, addr: v1, write: false })
  rig.answer(v1)
  expect(rig.to('translate')).toMatchObject([{ ok: false, pa: 0 }])
  expect(rig.events('sysmmu.fault')).toEqual([])
})

describe('an invalidation', () => {
  test('drops what it names, and is answered at once if nothing uses it', () => {
    const rig = new AtcRig().filled()
    expect(rig.invalidate(v1, 16)).toBe('done')
    expect(rig.events('tlb.drop')).toEqual([])
    expect(rig.invalidate(v0, 16)).toBe('done')
    expect(rig.events('tlb.drop')).toMatchObject([{ iova: v0, cause: 'invalidate' }])
    expect(rig.access(v0)).toContain('translate.req')
  })

  test('waits for accesses that used it, and for no others', () => {
    const rig = new AtcRig().filled()
    rig.access(v0)
    expect(rig.invalidate(v1, 16)).toBe('done')
    expect(rig.invalidate()).toBe('waits')
    expect(rig.invalidate()).toBe('stalled')
    rig.land(1)
    expect(rig.done).toBe('waits')
    rig.land(0)
    expect(rig.done).toBe('done')
  })

  test('that overtakes an answer lets the cache ask again', () => {
    const rig = new AtcRig()
    rig.access(v0)
    expect(rig.invalidate(v0, 16)).toBe('done')
    expect(rig.answer(v0, p0)).toBe(`bus translate.req ${v0.toString(16)}`)
    expect(rig.answer(v0)).toContain('device read.resp')
    expect(rig.events('tlb.fill')).toEqual([])
  })
})

test('any entry may vanish', () => {
  const rig = new AtcRig().filled()
  rig.give({ type: 'tlb.drop', value: 0 })
  expect(rig.events('tlb.drop')).toMatchObject([{ cause: 'spontaneous' }])
  expect(rig.access(v0)).toContain('translate.req')
})
