/** Test | commands of an IOMMU: with a queue and without, what completion waits for, status writes, translation caches. */

import { describe, expect, test } from 'vitest'
import { litmus } from '../../../../machines/geometry.ts'
import { leafDescriptor } from '../../../../machines/iommu/descriptors.ts'
import { iommuStatus } from '../../../../machines/iommu/regs.ts'
import type { IommuConfig } from '../../../../machines/iommu/types.ts'
import { IommuRig } from './rig.ts'

const root = litmus.dram.base
const table = root + 0x10
const slot = root + 0x38
const p0 = root + 0x100
const v0 = litmus.iova.base
const page = { command: 'invalidate-page', iova: v0, tag: 0 } as const

function mapped(options: Partial<IommuConfig> = {}): IommuRig {
  const rig = new IommuRig(options)
  rig.link(v0, table)
  rig.setLevel2(v0, leafDescriptor('page', p0), table)
  return rig
}

/** A page that was unmapped: v0 is in the TLB. */
function unmapped(options: Partial<IommuConfig> = {}): IommuRig {
  const rig = mapped(options)
  rig.translate(v0)
  rig.landAll()
  rig.setLevel2(v0, 0, table)
  return rig
}

const execute = { type: 'command.execute', value: 0 } as const

describe('without a queue', () => {
  test('the answer to the write is the completion', () => {
    const rig = unmapped()
    rig.command(page)
    expect(rig.isAnswered).toBe(true)
    expect(rig.events('tlb.drop')).toMatchObject([{ iova: v0, cause: 'invalidate' }])
    expect(rig.translate(v0)).toBe('page')
  })

  test('it waits for walks that began before, and what they enter goes too', () => {
    const rig = mapped()
    rig.access(v0)
    rig.answerWalk()
    rig.sampleWalk()
    rig.setLevel2(v0, 0, table)
    rig.command(page)
    expect(rig.isAnswered).toBe(false)
    expect(rig.command({ command: 'sync' })).toBe('stall')
    expect(rig.answerWalk()).toEqual({ addr: p0, via: 'walk' })
    expect(rig.events('tlb.drop')).toMatchObject([{ iova: v0 }])
    expect(rig.isAnswered).toBe(false)
    rig.land()
    expect(rig.isAnswered).toBe(true)
    expect(rig.translate(v0)).toBe('page')
  })

  test('but not for walks that begin afterwards', () => {
    const requesters = ['d0', 'd1'].map((from) => ({ from, accessPort: from }))
    const rig = mapped({ requesters })
    rig.access(v0)
    rig.command(page)
    rig.access(v0, { from: 'd1' })
    const [first, second] = [rig.walks[0], rig.walks[1]]
    rig.answerWalk(false)
    expect([first?.txn, second?.txn]).toEqual([0, 1])
    expect(rig.isAnswered).toBe(true)
  })

  test('where walks are ignored, their result outlives the command', () => {
    const rig = mapped({ walksInFlight: 'ignored' })
    rig.access(v0)
    rig.answerWalk()
    rig.sampleWalk()
    rig.setLevel2(v0, 0, table)
    rig.command(page)
    expect(rig.isAnswered).toBe(true)
    rig.answerWalk()
    expect(rig.access(v0, { txn: 1 })).toEqual({ addr: p0, via: 'hit' })
  })

  test('where accesses are ignored, they may land after the completion', () => {
    for (const accessesInFlight of ['awaited', 'ignored'] as const) {
      const rig = mapped({ accessesInFlight })
      rig.translate(v0, { data: [1] })
      rig.command(page)
      expect(rig.isAnswered).toBe(accessesInFlight === 'ignored')
    }
  })

  test('cores are told, and done when all have answered', () => {
    const requesters = ['cpu0', 'cpu1'].map((from) => ({ from, translatePort: from, keeps: 'core' as const }))
    const rig = mapped({ requesters, tlbs: 'each' })
    for (const { from } of requesters) {
      rig.ask(v0, { from })
      rig.answerWalks()
    }
    rig.command(page)
    expect(rig.events('tlb.drop')).toHaveLength(2)
    expect(rig.sent.map(({ port }) => port)).toEqual(['atc-cpu0', 'atc-cpu1'])
    expect(rig.to('atc-cpu1')).toEqual([{ type: 'atc.invalidate', iova: v0, bytes: 16 }])
    rig.give({ type: 'atc.done' })
    expect(rig.isAnswered).toBe(false)
    rig.give({ type: 'atc.done' })
    expect(rig.isAnswered).toBe(true)
  })
})

describe('with a queue', () => {
  const queued = { queueEntries: 2, slots: [slot] } as const

  test('a command is answered at once and executed later, in order', () => {
    const rig = unmapped(queued)
    rig.command({ command: 'invalidate-tag', tag: 1 })
    rig.command(page)
    expect(rig.isAnswered).toBe(true)
    expect(rig.access(v0)).toMatchObject({ via: 'hit' })
    rig.give(execute)
    expect(rig.access(v0)).toMatchObject({ via: 'hit' })
    rig.give(execute)
    expect(rig.events('tlb.drop')).toHaveLength(1)
    expect(rig.give(execute)).toBe('stall')
  })

  test('a full queue lets the writer wait', () => {
    const rig = unmapped(queued)
    rig.command(page)
    rig.command(page)
    expect(rig.command(page)).toBe('stall')
    rig.give(execute)
    expect(rig.command(page)).toBe('react')
  })

  test('STATUS is busy until the newest sync is complete', () => {
    const rig = unmapped(queued)
    rig.command({ command: 'sync' })
    expect(rig.status).toBe(iommuStatus.busy)
    rig.command({ command: 'sync' })
    rig.give(execute)
    expect(rig.status).toBe(iommuStatus.busy)
    rig.give(execute)
    expect(rig.status).toBe(0)
  })

  test('a sync waits for accesses that were translated before, an invalidation does not', () => {
    const rig = mapped(queued)
    rig.translate(v0, { data: [1] })
    rig.command(page)
    rig.command({ command: 'sync' })
    rig.give(execute)
    expect(rig.events('tlb.drop')).toHaveLength(1)
    rig.give(execute)
    expect(rig.status).toBe(iommuStatus.busy)
    rig.translate(v0, { txn: 1 })
    rig.land()
    expect(rig.status).toBe(0)
  })

  test('a status word is written when the commands before are complete', () => {
    const rig = mapped(queued)
    rig.translate(v0, { data: [1] })
    rig.command({ command: 'write-status', slot: 0, value: 7 })
    rig.give(execute)
    expect(rig.to('status')).toEqual([])
    rig.land()
    expect(rig.to('status')).toMatchObject([{ type: 'write.req', from: 'iommu0-status', addr: slot, data: [7] }])
    rig.command({ command: 'sync' })
    expect(rig.give(execute)).toBe('stall')
    rig.give({ type: 'write.resp', from: 'iommu0-status', txn: 0, addr: slot, ok: true })
    expect(rig.give(execute)).toBe('react')
  })

  test('the translation cache of a device is asked in its turn, and waited for', () => {
    const rig = unmapped({
      ...queued,
      requesters: [{ from: 'd0', accessPort: 'd0', translatePort: 'd0', keeps: 'atc' }],
    })
    rig.command({ command: 'invalidate-atc', requester: 0, iova: v0 })
    rig.command({ command: 'sync' })
    rig.give(execute)
    expect(rig.to('atc-d0')).toEqual([{ type: 'atc.invalidate', iova: v0, bytes: 16 }])
    expect(rig.give(execute)).toBe('stall')
    rig.give({ type: 'atc.done' })
    rig.give(execute)
    expect(rig.status).toBe(0)
  })

  test('commands for what is not there do nothing', () => {
    const rig = unmapped(queued)
    rig.command({ command: 'invalidate-atc', requester: 0 })
    rig.command({ command: 'write-status', slot: 1, value: 1 })
    expect(rig.isAnswered).toBe(true)
    expect(rig.give(execute)).toBe('stall')
  })
})
