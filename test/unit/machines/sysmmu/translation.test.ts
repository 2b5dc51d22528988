/** Test | SYSMMU: bypass, walks, pages of every size, the TLB, prefetch. */

import { describe, expect, test } from 'vitest'
import { board, litmus } from '../../../../machines/geometry.ts'
import { sysmmuCtrl, sysmmuRegs } from '../../../../machines/sysmmu/regs.ts'
import {
  largePageBytes,
  largePageDescriptor,
  sectionBytes,
  sectionDescriptor,
  smallPageDescriptor,
} from '../../../../machines/sysmmu/walk.ts'
import { SysmmuRig } from './rig.ts'

const page = 0x4300_0000

describe.each([board, litmus])('$name', (geometry) => {
  const iova = geometry.iova.base
  const target = geometry.name === 'board' ? page : geometry.dram.base + 0x100

  test('off: accesses pass untranslated', () => {
    const rig = new SysmmuRig(geometry)
    expect(rig.access(target)).toEqual({ addr: target, via: 'bypass' })
    expect(rig.to('bus')).toEqual([
      { type: 'read.req', from: 'fimc0', txn: 1, addr: target, words: 1, memory: 'non-cacheable' },
    ])
  })

  test('a miss walks both levels, its page then hits', () => {
    const rig = new SysmmuRig(geometry)
    rig.setLevel2(iova, smallPageDescriptor(target))
    rig.enable()
    expect(rig.access(iova + 4, [7, 8])).toBe('walking')
    expect(rig.state).toBe('{mmu:{translating:{walking:level1}},interrupt:low}')
    expect(rig.access(iova)).toBe('stalled')
    expect(rig.answerWalk()).toBe('walking')
    expect(rig.events('walk.read')[0]).toMatchObject({ level: 1, iova: iova + 4 })
    expect(rig.state).toBe('{mmu:{translating:{walking:level2}},interrupt:low}')
    expect(rig.answerWalk()).toEqual({ addr: target + 4, via: 'walk' })
    expect(rig.events('tlb.fill')).toEqual([
      { type: 'tlb.fill', mmu: 'sysmmu0', iova, addr: target, bytes: geometry.pageBytes },
    ])
    expect(rig.to('bus')).toEqual([
      { type: 'write.req', from: 'fimc0', txn: 1, addr: target + 4, data: [7, 8], memory: 'non-cacheable' },
    ])
    expect(rig.access(iova + geometry.pageBytes - 4)).toEqual({ addr: target + geometry.pageBytes - 4, via: 'hit' })
  })

  test('a section is found at level 1 and fills one entry for all of it', () => {
    const rig = new SysmmuRig(geometry)
    const bytes = sectionBytes(geometry)
    rig.setLevel1(iova, sectionDescriptor(target - (target % bytes)))
    rig.enable()
    expect(rig.access(iova + bytes - 4)).toBe('walking')
    expect(rig.answerWalk()).toEqual({ addr: target - (target % bytes) + bytes - 4, via: 'walk' })
    expect(rig.access(iova)).toEqual({ addr: target - (target % bytes), via: 'hit' })
  })

  test('any entry of a large page fills the whole of it', () => {
    const rig = new SysmmuRig(geometry)
    const bytes = largePageBytes(geometry)
    const second = iova + geometry.pageBytes
    rig.setLevel2(second, largePageDescriptor(target))
    rig.enable()
    expect(rig.translate(second + 4)).toEqual({ addr: target + geometry.pageBytes + 4, via: 'walk' })
    expect(rig.access(iova)).toEqual({ addr: target, via: 'hit' })
    expect(rig.access(iova + bytes)).toBe('walking')
  })

  test('an access that the device makes with its own id comes back to it', () => {
    const rig = new SysmmuRig(geometry)
    const response = { type: 'read.resp', from: 'fimc0', txn: 3, addr: target, data: [1], ok: true }
    expect(rig.give(response)).toBe('react')
    expect(rig.to('device')).toEqual([response])
    expect(rig.give({ ...response, from: 'sysmmu0' })).toBe('ignore')
  })

  test('least recently used: the entry used last stays', () => {
    const rig = new SysmmuRig(geometry)
    const pages = geometry.tlbEntries
    for (let i = 0; i <= pages; i++) rig.setLevel2(iova + i * geometry.pageBytes, smallPageDescriptor(target))
    rig.enable(1)
    for (let i = 0; i < pages; i++) rig.translate(iova + i * geometry.pageBytes)
    rig.access(iova)
    rig.translate(iova + pages * geometry.pageBytes)
    expect(rig.events('tlb.drop')[0]).toMatchObject({ iova: iova + geometry.pageBytes, cause: 'replace' })
    expect(rig.access(iova)).toMatchObject({ via: 'hit' })
  })

  test('round robin: the entry filled first goes, however used', () => {
    const rig = new SysmmuRig(geometry)
    const pages = geometry.tlbEntries
    for (let i = 0; i <= pages; i++) rig.setLevel2(iova + i * geometry.pageBytes, smallPageDescriptor(target))
    rig.enable(0)
    for (let i = 0; i < pages; i++) rig.translate(iova + i * geometry.pageBytes)
    rig.access(iova)
    rig.translate(iova + pages * geometry.pageBytes)
    expect(rig.events('tlb.drop')[0]).toMatchObject({ iova, cause: 'replace' })
  })

  test('a dropped entry is walked for again', () => {
    const rig = new SysmmuRig(geometry)
    rig.setLevel2(iova, smallPageDescriptor(target))
    rig.enable()
    rig.translate(iova)
    expect(rig.give({ type: 'tlb.drop', value: 0 })).toBe('react')
    expect(rig.events('tlb.drop')[0]).toMatchObject({ iova, cause: 'spontaneous' })
    expect(rig.access(iova)).toBe('walking')
  })

  test('a prefetch fills without an access, lets hits pass, and is silent when it finds nothing', () => {
    const rig = new SysmmuRig(geometry)
    rig.setLevel2(iova, smallPageDescriptor(target))
    rig.setLevel2(iova + geometry.pageBytes, smallPageDescriptor(target + geometry.pageBytes))
    rig.enable()
    rig.translate(iova)
    expect(rig.give({ type: 'tlb.prefetch', value: 1 })).toBe('react')
    expect(rig.access(iova)).toMatchObject({ via: 'hit' })
    expect(rig.access(iova + geometry.pageBytes)).toBe('stalled')
    rig.answerWalk()
    rig.answerWalk()
    expect(rig.events('tlb.fill')).toHaveLength(1)
    expect(rig.access(iova + geometry.pageBytes)).toEqual({ addr: target + geometry.pageBytes, via: 'hit' })
    rig.give({ type: 'tlb.prefetch', value: 3 })
    rig.answerWalk()
    rig.answerWalk()
    expect(rig.events('sysmmu.fault')).toEqual([])
    expect(rig.interrupt).toBe(false)
    expect(rig.state).toBe('{mmu:{translating:idle},interrupt:low}')
  })

  test('invalidating a page drops whatever entry translates it', () => {
    const rig = new SysmmuRig(geometry)
    rig.setLevel1(iova, sectionDescriptor(target))
    rig.enable()
    rig.translate(iova)
    rig.write(sysmmuRegs.flushEntry, (iova + geometry.pageBytes) | 0)
    expect(rig.access(iova)).toMatchObject({ via: 'hit' })
    rig.write(sysmmuRegs.flushEntry, (iova + geometry.pageBytes) | 1)
    expect(rig.access(iova)).toBe('walking')
  })

  test('disabling while a walk is in flight lets the access pass untranslated; enabling waits for the walker', () => {
    const rig = new SysmmuRig(geometry)
    rig.enable()
    rig.access(iova)
    rig.write(sysmmuRegs.ctrl, sysmmuCtrl.disable)
    expect(rig.fate()).toEqual({ addr: iova, via: 'bypass' })
    expect(rig.state).toBe('{mmu:{off:draining},interrupt:low}')
    expect(rig.write(sysmmuRegs.ctrl, sysmmuCtrl.enable)).toBe('stall')
    rig.answerWalk()
    expect(rig.walks).toEqual([])
    expect(rig.write(sysmmuRegs.ctrl, sysmmuCtrl.enable)).toBe('react')
  })
})

test('the addresses of the board: 16 KiB and 1 KiB tables, 1 MiB sections, 64 KiB large pages', () => {
  const rig = new SysmmuRig(board)
  rig.enable()
  rig.write(sysmmuRegs.ptBase, 0x4000_7fff)
  expect(rig.read(sysmmuRegs.ptBase)).toBe(0x4000_4000)
  rig.access(0x2345_6789 & ~3)
  expect(rig.walks[0]?.addr).toBe(0x4000_4000 + 0x234 * 4)
  rig.memory.set(0x4000_4000 + 0x234 * 4, 0x4100_07fd) // The low ten bits are not part of the table's address.
  rig.answerWalk()
  expect(rig.walks[0]?.addr).toBe(0x4100_0400 + 0x56 * 4)
  rig.memory.set(0x4100_0400 + 0x56 * 4, 0x4321_0fff | 1)
  rig.memory.set(0x4100_0400 + 0x56 * 4, 0x432f_0001)
  expect(rig.answerWalk()).toEqual({ addr: 0x432f_6788, via: 'walk' })
})

test('vendor descriptors with both low bits set are small pages too', () => {
  const rig = new SysmmuRig(board)
  rig.setLevel2(board.iova.base, page | 3)
  rig.enable()
  expect(rig.translate(board.iova.base)).toEqual({ addr: page, via: 'walk' })
})

test('registers read back; reserved ones read as zero', () => {
  const rig = new SysmmuRig(board)
  rig.enable()
  expect(rig.read(sysmmuRegs.ctrl)).toBe(5)
  expect(rig.read(sysmmuRegs.cfg)).toBe(1)
  expect(rig.read(sysmmuRegs.version)).toBe(0x8000_0001)
  expect(rig.read(sysmmuRegs.flush)).toBe(0)
  expect(rig.read(0xf00)).toBe(0)
  rig.write(sysmmuRegs.defaultSlaveAddr, 0x4000_0000)
  expect(rig.read(sysmmuRegs.defaultSlaveAddr)).toBe(0x4000_0000)
})
