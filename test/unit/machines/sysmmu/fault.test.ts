/** Test | SYSMMU: every kind of fault, its registers and interrupt, block, unblock and retry. */

import { describe, expect, test } from 'vitest'
import { board, litmus } from '../../../../machines/geometry.ts'
import { sysmmuCtrl, sysmmuFaults, sysmmuRegs } from '../../../../machines/sysmmu/regs.ts'
import { sectionDescriptor, smallPageDescriptor } from '../../../../machines/sysmmu/walk.ts'
import { SysmmuRig } from './rig.ts'

const { intStatus, intClear, pageFaultAddr, awFaultAddr, arFaultAddr, defaultSlaveAddr, ctrl } = sysmmuRegs

describe.each([board, litmus])('$name', (geometry) => {
  const iova = geometry.iova.base
  const { pageBytes } = geometry
  const target = geometry.dram.base + 0x100 - (0x100 % pageBytes) + pageBytes * (geometry.name === 'board' ? 0x3000 : 0)
  const enabled = (): SysmmuRig => {
    const rig = new SysmmuRig(geometry)
    rig.enable()
    return rig
  }

  test.each([0, 3])('level-1 descriptor of kind %i: page fault, held and retried', (kind) => {
    const rig = enabled()
    rig.setLevel1(iova, target | kind)
    expect(rig.access(iova + 4, [1])).toBe('walking')
    expect(rig.answerWalk()).toBe('fault')
    expect(rig.events('sysmmu.fault')).toEqual([
      { type: 'sysmmu.fault', mmu: 'sysmmu0', from: 'fimc0', kind: 'page', iova: iova + 4, write: true },
    ])
    expect(rig.state).toBe('{mmu:{blocked:holding},interrupt:high}')
    expect(rig.interrupt).toBe(true)
    expect(rig.blocked).toBe(true)
    expect(rig.read(intStatus)).toBe(sysmmuFaults.page)
    expect(rig.read(pageFaultAddr)).toBe(iova + 4)
    expect(rig.access(iova)).toBe('stalled')

    rig.setLevel2(iova, smallPageDescriptor(target))
    rig.write(intClear, sysmmuFaults.page)
    expect(rig.interrupt).toBe(false)
    rig.write(ctrl, sysmmuCtrl.enable)
    rig.answerWalk()
    expect(rig.answerWalk()).toEqual({ addr: target + 4, via: 'walk' })
    expect(rig.to('bus')[0]).toMatchObject({ type: 'write.req', data: [1] })
  })

  test('an invalid level-2 descriptor: page fault', () => {
    const rig = enabled()
    rig.setLevel2(iova, 0)
    expect(rig.translate(iova)).toBe('fault')
    expect(rig.read(intStatus)).toBe(sysmmuFaults.page)
  })

  test('unblocking without a mapping faults again at once; without a clear the line stays high', () => {
    const rig = enabled()
    rig.translate(iova)
    rig.write(ctrl, sysmmuCtrl.enable)
    expect(rig.interrupt).toBe(true)
    expect(rig.answerWalk()).toBe('fault')
    expect(rig.to('irq')).toEqual([])
  })

  test('an unblock for another reason retries the held access', () => {
    const rig = enabled()
    rig.translate(iova)
    rig.setLevel2(iova, smallPageDescriptor(target))
    rig.invalidate(iova + pageBytes)
    rig.answerWalk()
    expect(rig.answerWalk()).toEqual({ addr: target, via: 'walk' })
  })

  test.each([1, 2])('an error answer to a level-%i read: bus error, held', (level) => {
    const rig = enabled()
    rig.setLevel2(iova, smallPageDescriptor(target))
    rig.access(iova)
    if (level === 2) rig.answerWalk()
    expect(rig.answerWalk(false)).toBe('fault')
    expect(rig.events('sysmmu.fault')[0]).toMatchObject({ kind: 'bus', iova })
    expect(rig.read(intStatus)).toBe(sysmmuFaults.bus)
    expect(rig.read(defaultSlaveAddr)).toBe(iova)
    expect(rig.state).toBe('{mmu:{blocked:holding},interrupt:high}')
  })

  test.each(['read', 'write'])('an error answer to a %s: the device gets it, and the SYSMMU blocks', (kind) => {
    const rig = enabled()
    const common = { from: 'fimc0', txn: 1, addr: target, ok: false }
    rig.give(kind === 'read' ? { type: 'read.resp', ...common, data: [] } : { type: 'write.resp', ...common })
    expect(rig.to('device')).toHaveLength(1)
    expect(rig.events('sysmmu.fault')[0]).toMatchObject({ kind: 'bus', iova: target, write: kind === 'write' })
    expect(rig.state).toBe('{mmu:{blocked:clear},interrupt:high}')
    expect(rig.read(defaultSlaveAddr)).toBe(target)
  })

  test('an error answer during a walk blocks when the walk is over', () => {
    const rig = enabled()
    rig.setLevel2(iova, smallPageDescriptor(target))
    rig.access(iova)
    rig.give({ type: 'write.resp', from: 'fimc0', txn: 0, addr: target, ok: false })
    expect(rig.blocked).toBe(false)
    rig.answerWalk()
    expect(rig.answerWalk()).toEqual({ addr: target, via: 'walk' })
    expect(rig.blocked).toBe(true)
  })

  test.each([true, false])('two entries for one address (write: %s): multi-hit, gone after a flush', (write) => {
    const rig = enabled()
    rig.setLevel2(iova, smallPageDescriptor(target))
    rig.translate(iova)
    // The section replaces the table without an invalidation; a neighbour brings its entry in.
    rig.setLevel1(iova, sectionDescriptor(geometry.dram.base))
    expect(rig.translate(iova + pageBytes)).toMatchObject({ via: 'walk' })
    expect(rig.access(iova, write ? [5] : undefined)).toBe('fault')
    expect(rig.events('sysmmu.fault')[0]).toMatchObject({ kind: 'multi-hit', iova, write })
    expect(rig.read(intStatus)).toBe(write ? sysmmuFaults.awMultiHit : sysmmuFaults.arMultiHit)
    expect(rig.read(write ? awFaultAddr : arFaultAddr)).toBe(iova)

    rig.write(ctrl, sysmmuCtrl.enable)
    expect(rig.fate()).toBe('fault')
    rig.write(sysmmuRegs.flushEntry, iova | 1)
    expect(rig.events('tlb.drop')).toHaveLength(2)
    rig.write(ctrl, sysmmuCtrl.enable)
    expect(rig.answerWalk()).toEqual({ addr: geometry.dram.base, via: 'walk' })
  })

  test('a multi-hit whose one entry vanishes is retried as a hit', () => {
    const rig = enabled()
    rig.setLevel2(iova, smallPageDescriptor(target))
    rig.translate(iova)
    rig.setLevel1(iova, sectionDescriptor(geometry.dram.base))
    rig.translate(iova + pageBytes)
    rig.access(iova)
    rig.give({ type: 'tlb.drop', value: 0 })
    rig.write(ctrl, sysmmuCtrl.enable)
    expect(rig.fate()).toEqual({ addr: target, via: 'hit' })
  })

  test('a burst that crosses a page: error answer, bus error, nothing held', () => {
    const rig = enabled()
    expect(rig.access(iova + pageBytes - 4, undefined, 2)).toBe('refused')
    expect(rig.to('device')[0]).toMatchObject({ type: 'read.resp', ok: false, data: [] })
    expect(rig.access(iova + pageBytes - 4, [1, 2])).toBe('stalled')
    rig.write(ctrl, sysmmuCtrl.enable)
    expect(rig.access(iova + pageBytes - 4, [1, 2])).toBe('refused')
    expect(rig.to('device')[0]).toMatchObject({ type: 'write.resp', ok: false })
    expect(rig.state).toBe('{mmu:{blocked:clear},interrupt:high}')
  })

  test('CTRL gates the interrupt line', () => {
    const rig = enabled()
    rig.write(ctrl, 1)
    rig.translate(iova)
    expect(rig.interrupt).toBe(false)
    rig.write(ctrl, sysmmuCtrl.block)
    expect(rig.interrupt).toBe(true)
    rig.write(ctrl, sysmmuCtrl.disable)
    expect(rig.interrupt).toBe(false)
    expect(rig.fate()).toEqual({ addr: iova, via: 'bypass' })
  })

  test('block: STATUS says so once no walk is in flight, and no access passes until unblocked', () => {
    const rig = enabled()
    rig.setLevel2(iova, smallPageDescriptor(target))
    rig.access(iova)
    rig.write(ctrl, sysmmuCtrl.block)
    expect(rig.blocked).toBe(false)
    rig.answerWalk()
    expect(rig.blocked).toBe(false)
    expect(rig.answerWalk()).toEqual({ addr: target, via: 'walk' })
    expect(rig.blocked).toBe(true)
    expect(rig.access(iova)).toBe('stalled')
    rig.write(ctrl, sysmmuCtrl.enable)
    expect(rig.access(iova)).toMatchObject({ via: 'hit' })
  })

  test('a block given up leaves the walk as it is', () => {
    const rig = enabled()
    rig.setLevel2(iova, smallPageDescriptor(target))
    rig.access(iova)
    rig.write(ctrl, sysmmuCtrl.block)
    rig.write(ctrl, sysmmuCtrl.enable)
    rig.answerWalk()
    rig.answerWalk()
    expect(rig.state).toBe('{mmu:{translating:idle},interrupt:low}')
  })
})
