/** Test | SYSMMU against a plain model of its tables: fresh when the driver's order is right, stale when it is not. */

import { describe, expect, test } from 'vitest'
import { board, type Geometry, litmus } from '../../../../machines/geometry.ts'
import { sysmmuCtrl, sysmmuRegs } from '../../../../machines/sysmmu/regs.ts'
import { smallPageDescriptor } from '../../../../machines/sysmmu/walk.ts'
import { Prng } from '../../../../src/base/prng.ts'
import { SysmmuRig } from './rig.ts'

const seed = Number(process.env.SEED ?? 42)
const pages = 6
const steps = 20_000

/** How a driver takes a mapping away. */
type Unmap = 'block and invalidate' | 'invalidate without block' | 'no invalidation' | 'invalidate before the store'

interface Outcome {
  readonly translations: number
  readonly faults: number
  readonly stale: number
}

/** Random maps, unmaps, accesses, walk answers and choices; every translation is compared with the table at its use. */
function run(geometry: Geometry, unmap: Unmap, random: Prng): Outcome {
  const rig = new SysmmuRig(geometry)
  rig.enable(random.below(2))
  const table = new Map<number, number>()
  /** Mappings whose unmap has begun and not yet taken effect: using them is the driver's risk, not staleness. */
  const leaving = new Map<number, number>()
  const counts = { translations: 0, faults: 0, stale: 0 }
  const iovaOf = (page: number): number => geometry.iova.base + page * geometry.pageBytes
  const judge = (): void => {
    for (const use of rig.events('translation.use')) {
      if (use.via === 'bypass') throw new Error('nothing passes untranslated while the SYSMMU is on')
      const iova = use.iova as number
      const page = iova - (iova % geometry.pageBytes)
      const expected = table.get(page) ?? leaving.get(page)
      counts.translations++
      if (use.addr !== (expected ?? -1) + (iova % geometry.pageBytes)) counts.stale++
    }
    counts.faults += rig.events('sysmmu.fault').length
  }
  const store = (iova: number, addr: number | undefined): void => {
    if (addr === undefined) table.delete(iova)
    else table.set(iova, addr)
    rig.setLevel2(iova, addr === undefined ? 0 : smallPageDescriptor(addr))
  }
  /** Answers walks until STATUS says blocked, as a driver's polls let time pass. */
  const block = (): void => {
    rig.write(sysmmuRegs.ctrl, sysmmuCtrl.block)
    while (!rig.blocked) {
      rig.answerWalk()
      judge()
    }
  }
  const flush = (iova: number): void => {
    rig.write(sysmmuRegs.flushEntry, (iova | 1) >>> 0)
  }
  const unblock = (): void => {
    rig.write(sysmmuRegs.intClear, 0xff)
    rig.write(sysmmuRegs.ctrl, sysmmuCtrl.enable)
    judge()
  }
  const remove = (iova: number): void => {
    if (unmap === 'invalidate before the store') {
      block()
      flush(iova)
      unblock()
      if (random.chance(1, 2)) {
        rig.translate(iova)
        judge()
      }
    }
    leaving.set(iova, table.get(iova) as number)
    store(iova, undefined)
    if (unmap === 'invalidate without block') flush(iova)
    if (unmap === 'block and invalidate') {
      block()
      flush(iova)
    }
    leaving.clear()
    if (unmap === 'block and invalidate') unblock()
  }
  for (let step = 0; step < steps; step++) {
    const iova = iovaOf(random.below(pages))
    switch (random.below(5)) {
      case 0:
        if (!table.has(iova)) store(iova, geometry.dram.base + (8 + random.below(8)) * geometry.pageBytes)
        break
      case 1:
        if (table.has(iova)) remove(iova)
        break
      case 2:
        if (random.chance(1, 2)) rig.sampleWalk()
        else if (rig.walks.length > 0) {
          rig.answerWalk()
          judge()
        }
        break
      case 3:
        rig.give({ type: random.chance(1, 2) ? 'tlb.drop' : 'tlb.prefetch', value: random.below(pages) })
        break
      default:
        rig.access(iova + random.below(geometry.pageBytes / 4) * 4)
        judge()
        if (rig.interrupt) unblock()
    }
  }
  return counts
}

describe.each([board, litmus])(`$name, seed ${seed}`, (geometry) => {
  test('a driver that blocks, invalidates, unblocks never meets a stale translation', () => {
    const outcome = run(geometry, 'block and invalidate', new Prng(seed, geometry.name))
    expect(outcome.stale).toBe(0)
    expect(outcome.translations).toBeGreaterThan(500)
    expect(outcome.faults).toBeGreaterThan(100)
  })

  test.each(['invalidate without block', 'no invalidation', 'invalidate before the store'] as const)(
    '%s: stale translations happen',
    (unmap) => {
      expect(run(geometry, unmap, new Prng(seed, geometry.name)).stale).toBeGreaterThan(0)
    },
  )

  test('an invalidation without block misses the walk in flight', () => {
    const rig = new SysmmuRig(geometry)
    const iova = geometry.iova.base
    const old = geometry.dram.base + 8 * geometry.pageBytes
    rig.setLevel2(iova, smallPageDescriptor(old))
    rig.enable()
    rig.give({ type: 'tlb.prefetch', value: 0 })
    rig.answerWalk()
    // Memory has been read; the table changes and the invalidation comes before the word reaches the walker.
    rig.sampleWalk()
    rig.setLevel2(iova, 0)
    rig.write(sysmmuRegs.flushEntry, iova | 1)
    rig.answerWalk()
    expect(rig.access(iova)).toEqual({ addr: old, via: 'hit' })
  })
})
