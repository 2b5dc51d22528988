/** Test | translation by an IOMMU: walks, sizes, attributes, faults, what is kept, several entries, the device table. */

import { describe, expect, test } from 'vitest'
import { litmus } from '../../../../machines/geometry.ts'
import { deviceEntryWord, leafDescriptor } from '../../../../machines/iommu/descriptors.ts'
import { fullIommuConfig } from '../../../../machines/iommu/machine.ts'
import { iommuRegs } from '../../../../machines/iommu/regs.ts'
import type { IommuConfig } from '../../../../machines/iommu/types.ts'
import { IommuRig } from './rig.ts'

const root = litmus.dram.base
const table = root + 0x10
const [p0, p1, section] = [root + 0x100, root + 0x110, root + 0x140]
const v0 = litmus.iova.base
const v1 = v0 + litmus.pageBytes
const v4 = v0 + 4 * litmus.pageBytes

/** Page v0 leads to p0. */
function mapped(options: Partial<IommuConfig> = {}): IommuRig {
  const rig = new IommuRig({ tlbEntries: 4, ...options })
  rig.link(v0, table)
  rig.setLevel2(v0, leafDescriptor('page', p0), table)
  return rig
}

const asked = { requesters: [{ from: 'd0', accessPort: 'd0', translatePort: 'd0' }] } as const

test('a miss walks in two reads, the next access hits', () => {
  const rig = mapped()
  expect(rig.access(v0 + 4)).toBe('waits')
  expect(rig.answerWalk()).toBe('waits')
  expect(rig.answerWalk()).toEqual({ addr: p0 + 4, via: 'walk' })
  expect(rig.events('tlb.fill')).toMatchObject([{ mmu: 'iommu0', iova: v0, addr: p0, bytes: 16 }])
  expect(rig.access(v0 + 8)).toEqual({ addr: p0 + 8, via: 'hit' })
})

test('what the walk has read counts, not what memory says when it arrives', () => {
  const rig = mapped()
  rig.access(v0)
  rig.answerWalk()
  rig.sampleWalk()
  rig.setLevel2(v0, 0, table)
  expect(rig.answerWalk()).toEqual({ addr: p0, via: 'walk' })
})

test('while its walker is busy, a requester waits; another one does not', () => {
  const rig = mapped({
    requesters: [
      { from: 'd0', accessPort: 'd0' },
      { from: 'd1', accessPort: 'd1' },
    ],
  })
  rig.access(v0)
  expect(rig.access(v1)).toBe('stalled')
  expect(rig.access(v0, { from: 'd1' })).toBe('waits')
  expect(rig.walks.map(({ txn }) => txn)).toEqual([0, 1])
  rig.answerWalks()
  expect(rig.bus.map(({ from, addr }) => [from, addr])).toEqual([
    ['d0', p0],
    ['d1', p0],
  ])
})

test('large pages and sections make one entry each', () => {
  const rig = mapped()
  rig.setLevel2(v0, leafDescriptor('large', p0), table)
  rig.setLevel2(v1, leafDescriptor('large', p0), table)
  rig.setLevel1(v4, leafDescriptor('section', section))
  expect(rig.translate(v1)).toEqual({ addr: p0 + 16, via: 'walk' })
  expect(rig.access(v0)).toEqual({ addr: p0, via: 'hit' })
  expect(rig.translate(v4 + 0x24)).toEqual({ addr: section + 0x24, via: 'walk' })
  expect(rig.access(v4)).toEqual({ addr: section, via: 'hit' })
})

describe('faults are answers, and the IOMMU goes on', () => {
  test('no translation', () => {
    const rig = mapped({ interruptLine: 131 })
    expect(rig.translate(v1, { data: [1] })).toBe('page')
    expect(rig.to('d0')).toEqual([{ type: 'write.resp', from: 'd0', txn: 0, addr: v1, ok: false }])
    expect(rig.to('irq')).toMatchObject([{ type: 'irq.raise', line: 131 }])
    expect(rig.register(rig.config.base + iommuRegs.faultAddr)).toBe(v1)
    expect(rig.translate(v0)).toMatchObject({ addr: p0 })
    const faults = rig.register(rig.config.base + iommuRegs.faultStatus)
    const addr = rig.config.base + iommuRegs.faultStatus
    rig.give({ type: 'reg.write.req', from: 'cpu0', txn: 0, addr, value: faults })
    expect(rig.to('irq')).toMatchObject([{ type: 'irq.lower' }])
  })

  test('a read-only page, by walk and by entry', () => {
    const rig = mapped()
    rig.setLevel2(v0, leafDescriptor('page', p0, { readOnly: true }), table)
    expect(rig.translate(v0, { data: [1] })).toBe('access')
    expect(rig.access(v0, { data: [1] })).toBe('access')
    expect(rig.access(v0)).toEqual({ addr: p0, via: 'hit' })
  })

  test('a failed walk, and a burst over the end of a page', () => {
    const rig = mapped()
    rig.access(v0)
    expect(rig.answerWalk(false)).toBe('bus')
    expect(rig.access(v0 + 12, { data: [1, 2] })).toBe('bus')
  })
})

test('a question is answered with everything about the leaf; without translation it is no fault', () => {
  const rig = mapped(asked)
  rig.setLevel2(v1, leafDescriptor('page', p1, { nonCacheable: true, readOnly: true }), table)
  rig.ask(v1 + 4, { write: true })
  rig.answerWalks()
  const answer = { type: 'translate.resp', from: 'd0', txn: 0, addr: v1 + 4, ok: true }
  expect(rig.to('d0')).toEqual([{ ...answer, pa: p1 + 4, bytes: 16, memory: 1, readOnly: true }])
  expect(rig.events('translation.use')).toEqual([])
  rig.ask(v4)
  expect(rig.answerWalks()).toBe('none')
  expect(rig.events('sysmmu.fault')).toEqual([])
})

test('an access that is translated already passes as it is, whatever the IOMMU does', () => {
  const rig = mapped()
  rig.access(v1)
  const access = { type: 'read.req', from: 'd0', txn: 3, addr: p1, words: 1, memory: 'non-cacheable' }
  rig.give({ ...access, translated: true })
  expect(rig.to('bus')).toEqual([access])
  expect(rig.events('translation.use')).toEqual([])
  rig.answerWalks()
  rig.command({ command: 'block' })
  expect(rig.give({ ...access, translated: true })).toBe('react')
  expect(rig.give(access)).toBe('stall')
})

test('off, addresses are physical', () => {
  const rig = mapped({ ...asked, enabled: false })
  expect(rig.access(p1)).toEqual({ addr: p1, via: 'bypass' })
  expect(rig.ask(p1)).toEqual({ addr: p1, via: 'answer' })
})

test('block holds when no walk is under way, and until then nothing new comes in', () => {
  const rig = mapped()
  rig.access(v0)
  rig.command({ command: 'block' })
  expect(rig.isAnswered).toBe(false)
  expect(rig.status).toBe(0)
  expect(rig.access(v1, { txn: 1 })).toBe('stalled')
  rig.answerWalk()
  rig.answerWalk()
  expect(rig.isAnswered).toBe(true)
  expect(rig.status).toBe(2)
  expect(rig.access(v0, { txn: 1 })).toBe('stalled')
  rig.command({ command: 'unblock' })
  expect(rig.access(v0, { txn: 1 })).toEqual({ addr: p0, via: 'hit' })
})

describe('several entries match', () => {
  /** v0 is there as a page and as part of a section. */
  function twice(multipleHits: IommuConfig['multipleHits']): IommuRig {
    const rig = mapped({ multipleHits })
    rig.translate(v0)
    rig.setLevel1(v0, leafDescriptor('section', section))
    rig.translate(v1)
    return rig
  }

  test('it is a fault', () => {
    expect(twice('fault').access(v0)).toBe('multi-hit')
  })

  test('or any of them is used', () => {
    const used = [0, 1].map((value) => {
      const rig = twice('any')
      expect(rig.access(v0 + 4)).toBe('waits')
      expect(rig.access(v0)).toBe('stalled')
      rig.give({ type: 'match.use', value })
      return rig.fate()
    })
    expect(used).toEqual([
      { addr: p0 + 4, via: 'hit' },
      { addr: section + 4, via: 'hit' },
    ])
  })

  test('and if they are gone meanwhile, there is a walk', () => {
    const rig = twice('any')
    rig.access(v0)
    rig.give({ type: 'tlb.drop', value: 1 })
    rig.give({ type: 'tlb.drop', value: 0 })
    rig.give({ type: 'match.use', value: 0 })
    expect(rig.answerWalks()).toEqual({ addr: section, via: 'walk' })
  })
})

describe('what else is kept', () => {
  test('the walk cache spares the first read, and leads through a table that is none any more', () => {
    const rig = mapped({ walkCacheEntries: 1 })
    rig.translate(v0)
    rig.setLevel1(v0, 0)
    rig.setLevel2(v1, leafDescriptor('page', p1), table)
    rig.access(v1)
    expect(rig.walks.map(({ addr }) => addr)).toEqual([table + 4])
    expect(rig.answerWalk()).toEqual({ addr: p1, via: 'walk' })
    rig.command({ command: 'invalidate-page', iova: v1, tag: 0 })
    rig.landAll()
    expect(rig.translate(v1)).toEqual({ addr: p1, via: 'walk' })
    rig.command({ command: 'invalidate-walks' })
    rig.landAll()
    expect(rig.translate(v1 + 16)).toBe('page')
    expect(rig.access(v1)).toEqual({ addr: p1, via: 'hit' })
  })

  test('the fault cache remembers that there was nothing, at either level, until it is invalidated', () => {
    const rig = mapped({ faultCache: true })
    expect(rig.translate(v1)).toBe('page')
    expect(rig.translate(v4)).toBe('page')
    rig.setLevel2(v1, leafDescriptor('page', p1), table)
    rig.setLevel1(v4, leafDescriptor('section', section))
    expect(rig.access(v1)).toBe('page')
    expect(rig.access(v4 + 16)).toBe('page')
    rig.command({ command: 'invalidate-page', iova: v4 + 32, tag: 0 })
    expect(rig.translate(v4 + 16)).toEqual({ addr: section + 16, via: 'walk' })
    expect(rig.access(v1)).toBe('page')
    expect(rig.events('tlb.drop')).toEqual([])
  })

  test('without it, nothing is remembered', () => {
    const rig = mapped()
    expect(rig.translate(v1)).toBe('page')
    rig.setLevel2(v1, leafDescriptor('page', p1), table)
    expect(rig.translate(v1)).toEqual({ addr: p1, via: 'walk' })
  })

  test('line fetch enters the neighbour, too, invalid or not', () => {
    for (const faultCache of [true, false]) {
      const rig = mapped({ lineFetch: true, faultCache })
      rig.access(v0)
      rig.answerWalk()
      expect(rig.walks).toMatchObject([{ addr: table, words: 2 }])
      rig.answerWalk()
      expect(rig.events('walk.read').map(({ iova }) => iova)).toEqual([v0, v1])
      rig.setLevel2(v1, leafDescriptor('page', p1), table)
      expect(rig.translate(v1)).toEqual(faultCache ? 'page' : { addr: p1, via: 'walk' })
    }
  })

  test('the walker looks ahead for a page that nobody asked for', () => {
    const rig = mapped({
      prefetchPages: [v0, v1],
      features: { tlbPrefetch: true, tlbEviction: true, tlbiBroadcast: true },
    })
    rig.give({ type: 'tlb.prefetch', value: 0 })
    expect(rig.access(v1)).toBe('waits')
    rig.answerWalks()
    expect(rig.access(v0)).toEqual({ addr: p0, via: 'hit' })
    expect(rig.give({ type: 'tlb.prefetch', value: 0 })).toBe('ignore')
  })
})

describe('domains from the device table', () => {
  const base = root + 0x30
  const other = root + 0x08
  const otherTable = root + 0x20
  const options: Partial<IommuConfig> = {
    deviceTable: { base, kept: true },
    requesters: [
      { from: 'd0', accessPort: 'd0' },
      { from: 'd1', accessPort: 'd1' },
    ],
  }

  /** Both devices in domain 5; v0 leads to p0. In the tables at `other` it leads to p1. */
  function tagged(more: Partial<IommuConfig> = {}): IommuRig {
    const rig = mapped({ ...options, ...more })
    rig.link(v0, otherTable, other)
    rig.setLevel2(v0, leafDescriptor('page', p1), otherTable)
    for (const device of [0, 8]) {
      rig.memory.set(base + device, deviceEntryWord(root))
      rig.memory.set(base + device + 4, 5)
    }
    return rig
  }

  test('the entry is read word by word, and kept; domains share TLB entries', () => {
    const rig = tagged()
    rig.access(v0)
    const reads = []
    while (rig.walks.length > 0) {
      reads.push(rig.walks[0]?.addr)
      rig.answerWalk()
    }
    expect(reads).toEqual([base, base + 4, root, table])
    expect(rig.access(v0)).toEqual({ addr: p0, via: 'hit' })
    rig.access(v0, { from: 'd1' })
    rig.answerWalk()
    expect(rig.answerWalk()).toEqual({ addr: p0, via: 'hit' })
  })

  test('a change between the words gives a mixture, whose entries no command for the new domain finds', () => {
    const rig = tagged()
    rig.memory.set(base, deviceEntryWord(other))
    rig.access(v0)
    rig.answerWalk()
    rig.sampleWalk()
    rig.memory.set(base + 4, 6)
    expect(rig.answerWalks()).toEqual({ addr: p1, via: 'walk' })
    rig.landAll()
    rig.setLevel2(v0, 0, otherTable)
    rig.command({ command: 'invalidate-tag', tag: 6 })
    expect(rig.access(v0)).toEqual({ addr: p1, via: 'hit' })
    rig.landAll()
    rig.command({ command: 'invalidate-all' })
    expect(rig.translate(v0)).toBe('page')
  })

  test('an invalid entry is a fault and is not kept', () => {
    const rig = tagged()
    rig.memory.set(base, root)
    expect(rig.translate(v0)).toBe('page')
    rig.memory.set(base, deviceEntryWord(root))
    expect(rig.translate(v0)).toEqual({ addr: p0, via: 'walk' })
  })

  test('where entries are not kept, each request reads them', () => {
    const rig = tagged({ deviceTable: { base, kept: false } })
    rig.translate(v0)
    rig.memory.set(base, deviceEntryWord(other))
    rig.memory.set(base + 4, 6)
    expect(rig.translate(v0)).toEqual({ addr: p1, via: 'walk' })
  })
})

test('without a device table, ROOT chooses the tables', () => {
  const other = root + 0x08
  const rig = mapped({ roots: [root, other] })
  rig.setLevel1(v0, leafDescriptor('section', section), other)
  rig.command({ command: 'root', tag: 1 })
  expect(rig.translate(v0)).toEqual({ addr: section, via: 'walk' })
  rig.command({ command: 'root', tag: 2 })
  expect(rig.register(rig.config.base + iommuRegs.root)).toBe(1)
})

test('without power everything is lost, and afterwards it is off', () => {
  const rig = mapped({ power: true })
  rig.access(v0)
  expect(rig.give({ type: 'power.off' })).toBe('stall')
  rig.answerWalks()
  rig.give({ type: 'power.off' })
  expect(rig.events('tlb.drop')).toMatchObject([{ iova: v0, cause: 'power' }])
  expect(rig.access(v0, { txn: 1 })).toBe('stalled')
  expect(rig.command({ command: 'enable' })).toBe('stall')
  rig.give({ type: 'power.on' })
  expect(rig.access(p1, { txn: 1 })).toEqual({ addr: p1, via: 'bypass' })
})

test('a TLB each: what one requester has walked for does not help the other', () => {
  const rig = mapped({ tlbs: 'each', requesters: fullIommuConfig.requesters })
  rig.translate(v0)
  expect(rig.access(v0)).toMatchObject({ via: 'hit' })
  expect(rig.ask(v0, { from: 'cpu0' })).toBe('waits')
})
