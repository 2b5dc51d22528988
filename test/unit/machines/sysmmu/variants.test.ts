/** Test | what versions and features add to the SYSMMU: entry sizes, kept descriptors, rights, slow blocks, power. */

import { describe, expect, test } from 'vitest'
import { board, litmus } from '../../../../machines/geometry.ts'
import { sysmmuCfg, sysmmuCtrl, sysmmuFaults, sysmmuRegs, versionWord } from '../../../../machines/sysmmu/regs.ts'
import {
  largePageBytes,
  largePageDescriptor,
  sectionDescriptor,
  smallPageDescriptor,
} from '../../../../machines/sysmmu/walk.ts'
import { SysmmuRig } from './rig.ts'

const { accessProtection, flpdCache, lru, prefetch } = sysmmuCfg
const flpd = { version: '3.3', features: { flpdCache: true, flpdFaultCache: true } } as const

test('VERSION says which one it is', () => {
  expect(versionWord('1.0')).toBe(0x80000001)
  expect(versionWord('3.3') >>> 28).toBe(3)
  expect((versionWord('3.3') >>> 21) & 0x7f).toBe(3)
  expect(new SysmmuRig(board, { version: '2.0' }).read(sysmmuRegs.version)).toBe(0x20000000)
})

describe.each([board, litmus])('$name', (geometry) => {
  const iova = geometry.iova.base
  const { pageBytes } = geometry
  const target = geometry.dram.base + (geometry.name === 'board' ? 0x300000 : 0x100)

  /** A large page; the first two small pages of it have been accessed. */
  function largePage(version: '1.0' | '2.0'): SysmmuRig {
    const rig = new SysmmuRig(geometry, { version })
    rig.enable()
    for (let at = 0; at < largePageBytes(geometry); at += pageBytes) {
      rig.setLevel2(iova + at, largePageDescriptor(target))
    }
    expect(rig.translate(iova)).toEqual({ addr: target, via: 'walk' })
    expect(rig.translate(iova + pageBytes)).toMatchObject({ addr: target + pageBytes })
    return rig
  }

  test('version 1 has one entry for a large page, which one write invalidates', () => {
    const rig = largePage('1.0')
    rig.invalidate(iova)
    expect(rig.access(iova + pageBytes)).toBe('walking')
  })

  test('version 2 has an entry for each small page of it: one write leaves the others', () => {
    const rig = largePage('2.0')
    rig.invalidate(iova)
    expect(rig.access(iova + pageBytes)).toEqual({ addr: target + pageBytes, via: 'hit' })
    expect(rig.access(iova)).toBe('walking')
  })

  test('an invalid first-level descriptor that was fetched ahead outlives the table; FLUSH_ENTRY ends it', () => {
    const rig = new SysmmuRig(geometry, flpd)
    rig.enable(lru | flpdCache)
    rig.give({ type: 'flpd.prefetch', value: 0 })
    rig.answerWalk()
    rig.setLevel2(iova, smallPageDescriptor(target))
    expect(rig.access(iova)).toBe('fault')
    expect(rig.read(sysmmuRegs.intStatus)).toBe(sysmmuFaults.page)
    rig.write(sysmmuRegs.ctrl, sysmmuCtrl.enable)
    expect(rig.fate()).toBe('fault')
    rig.write(sysmmuRegs.flushEntry, (iova | 1) >>> 0)
    rig.write(sysmmuRegs.ctrl, sysmmuCtrl.enable)
    rig.answerWalk()
    expect(rig.answerWalk()).toEqual({ addr: target, via: 'walk' })
  })

  test('a kept table saves the first read of the next walk', () => {
    const rig = new SysmmuRig(geometry, flpd)
    rig.enable(lru | flpdCache)
    rig.setLevel2(iova, smallPageDescriptor(target))
    rig.setLevel2(iova + pageBytes, smallPageDescriptor(target + pageBytes))
    rig.translate(iova)
    rig.access(iova + pageBytes)
    expect(rig.answerWalk()).toEqual({ addr: target + pageBytes, via: 'walk' })
  })

  test.each([
    ['3.2', { flpdCache: true, flpdFaultCache: true }, lru | flpdCache],
    ['3.3', { flpdCache: true, flpdFaultCache: false }, lru | flpdCache],
    ['3.3', { flpdCache: true, flpdFaultCache: true }, lru],
  ] as const)('version %s, %o, CFG %i: no invalid descriptor is kept', (version, features, cfg) => {
    const rig = new SysmmuRig(geometry, { version, features })
    rig.enable(cfg)
    expect(rig.translate(iova)).toBe('fault')
    rig.setLevel2(iova, smallPageDescriptor(target))
    rig.write(sysmmuRegs.ctrl, sysmmuCtrl.enable)
    rig.answerWalk()
    expect(rig.answerWalk()).toEqual({ addr: target, via: 'walk' })
  })

  describe.each([1, 2] as const)('access rights of a level-%i descriptor', (level) => {
    const { accessible, readOnly } = level === 1 ? geometry.protection.section : geometry.protection.page
    const section = geometry.dram.base
    function mapped(bits: number, cfg: number): SysmmuRig {
      const rig = new SysmmuRig(geometry)
      rig.enable(cfg)
      if (level === 1) rig.setLevel1(iova, sectionDescriptor(section) | bits)
      else rig.setLevel2(iova, smallPageDescriptor(target) | bits)
      return rig
    }

    test('read-only: reads pass, a write is an access fault, from the walk and from the TLB', () => {
      const rig = mapped(accessible | readOnly, lru | accessProtection)
      expect(rig.translate(iova, [1])).toBe('fault')
      expect(rig.read(sysmmuRegs.intStatus)).toBe(sysmmuFaults.awAccess)
      expect(rig.read(sysmmuRegs.awFaultAddr)).toBe(iova)
      rig.write(sysmmuRegs.ctrl, sysmmuCtrl.enable)
      expect(rig.fate()).toBe('fault')
      const other = mapped(accessible | readOnly, lru | accessProtection)
      expect(other.translate(iova)).toMatchObject({ via: 'walk' })
      expect(other.access(iova)).toMatchObject({ via: 'hit' })
      expect(other.access(iova, [1])).toBe('fault')
    })

    test('none: a read is a fault; without CFG bit 2 the bits do not count', () => {
      const rig = mapped(0, lru | accessProtection)
      expect(rig.translate(iova)).toBe('fault')
      expect(rig.read(sysmmuRegs.intStatus)).toBe(sysmmuFaults.arAccess)
      expect(mapped(0, lru).translate(iova, [1])).toMatchObject({ via: 'walk' })
    })
  })

  test('version 3 looks ahead inside its windows only, and only if CFG says so', () => {
    const rig = new SysmmuRig(geometry, { version: '3.1' })
    const looksAhead = (page: number) => {
      rig.give({ type: 'tlb.prefetch', value: page })
      const began = rig.walks.length > 0
      while (rig.walks.length > 0) rig.answerWalk()
      return began
    }
    rig.enable(lru | prefetch)
    expect(looksAhead(2)).toBe(false)
    rig.write(sysmmuRegs.prefetchStart1, iova + 2 * pageBytes)
    rig.write(sysmmuRegs.prefetchEnd1, iova + 3 * pageBytes - 1)
    expect([1, 2, 3].map(looksAhead)).toEqual([false, true, false])
    rig.write(sysmmuRegs.cfg, lru)
    expect(looksAhead(2)).toBe(false)
  })

  test('a slow block: STATUS says nothing until it has settled, and it can be taken back', () => {
    const rig = new SysmmuRig(geometry, { features: { blockTimeout: true } })
    rig.enable()
    rig.write(sysmmuRegs.ctrl, sysmmuCtrl.block)
    expect(rig.blocked).toBe(false)
    expect(rig.access(iova)).toBe('stalled')
    rig.write(sysmmuRegs.ctrl, sysmmuCtrl.enable)
    expect(rig.state).toContain('translating:idle')
    rig.write(sysmmuRegs.ctrl, sysmmuCtrl.block)
    rig.give({ type: 'block.settled', value: 0 })
    expect(rig.blocked).toBe(true)
  })

  test('without power everything is lost; a walk in flight keeps the domain up', () => {
    const rig = new SysmmuRig(geometry, { features: { powerDomain: true } })
    rig.enable()
    rig.setLevel2(iova, smallPageDescriptor(target))
    rig.access(iova)
    expect(rig.give({ type: 'power.off' })).toBe('stall')
    rig.answerWalk()
    rig.answerWalk()
    rig.give({ type: 'power.off' })
    expect(rig.events('tlb.drop')).toMatchObject([{ cause: 'power' }])
    expect(rig.access(iova)).toBe('stalled')
    rig.give({ type: 'power.on' })
    expect(rig.read(sysmmuRegs.ptBase)).toBe(0)
    expect(rig.access(iova)).toEqual({ addr: iova, via: 'bypass' })
  })
})
