/** Tests | random legal use of the DMA API on the tiny correct platform makes no oracle fire, and each planted omission does. */

import { describe, expect, test } from 'vitest'
import { canonical, clone } from '../../src/base/canonical.ts'
import { Prng } from '../../src/base/prng.ts'
import { bidirectional, type Mapping, Platform, toDevice } from '../mutant/platform.ts'

const seed = Number(process.env.SEED ?? 42)

const dram = 0x40000000
const windowBase = 0x20000000

/** Anything a core or cache may do on its own at any moment. */
function interfere(p: Platform, prng: Prng): void {
  for (let i = prng.below(4); i > 0; i--) {
    // Tables now and then, mostly the pages that buffers come from.
    const at = prng.chance(1, 8) ? dram + prng.below(0x20) * 4 : dram + 0x80 + prng.below(0x2c) * 4
    const core = prng.below(2)
    if (prng.chance(1, 3)) p.speculate(core, at)
    else if (prng.chance(1, 2)) p.evictL1(core, at)
    else p.evictL2(at)
  }
}

/** One transfer after the other on `buffer`, by the rules; the steps of `omit` are left out. */
function transfer(p: Platform, prng: Prng, buffer: Mapping, frame: number, omit: string): void {
  const { direction, bytes, addr, handle } = buffer
  const core = 0
  p.queue(core, buffer)
  interfere(p, prng)
  const seedWord = prng.below(1 << 20)
  if (direction === toDevice || (direction === bidirectional && prng.chance(1, 2))) {
    for (let offset = 0; offset < bytes; offset += 4) {
      interfere(p, prng)
      p.deviceRead(handle + offset)
      if (direction === toDevice && prng.chance(1, 4)) p.load(prng.below(1), addr + offset)
    }
  }
  if (direction !== toDevice) {
    p.frameStart(buffer, frame)
    for (let offset = 0; offset < bytes; offset += 4) {
      const land = p.issue(handle + offset, seedWord + offset)
      interfere(p, prng)
      land()
    }
    p.frameEnd(frame)
  }
  interfere(p, prng)
  p.done(core, buffer)
  p.syncForCpu(core, buffer, { maintenance: omit === 'sync-for-cpu' })
  interfere(p, prng)
  p.read(core, buffer)
}

/** The CPU fills the buffer in its own period. A hand-over must follow: an unmap would invalidate what it stored. */
function refill(p: Platform, prng: Prng, { addr, bytes }: Mapping): void {
  for (let offset = 0; offset < bytes; offset += 4)
    if (prng.chance(1, 2)) p.store(0, addr + offset, prng.below(1 << 20))
  interfere(p, prng)
}

/** A whole life: pages, mapping, a few transfers, unmap, pages back; twice, so that addresses are used again. */
function life(p: Platform, prng: Prng, omit = ''): void {
  for (let round = 0; round < 3; round++) {
    const addr = dram + 0x80 + prng.below(8) * 0x10
    const offset = prng.below(2) * 8
    const bytes = 8 * (1 + prng.below(offset === 0 ? 4 : 3))
    const pages = Math.ceil((offset + bytes) / 16)
    const direction = prng.below(3)
    for (let page = 0; page < pages; page++) p.allocPage(addr + page * 16)
    for (let word = 0; word < bytes; word += 4)
      if (prng.chance(2, 3)) p.store(0, addr + offset + word, prng.below(1 << 20))
    interfere(p, prng)
    const handle = windowBase + prng.below(4) * 0x40 + offset
    const buffer = p.map(0, handle, addr + offset, bytes, direction, {
      maintenance: omit === 'map',
      publish: omit === 'publish',
    })
    const transfers = 1 + prng.below(3)
    for (let i = 0; i < transfers; i++) {
      // Stores to a from-device buffer may be dropped at the hand-over: a transfer must follow before they are read.
      if (i > 0) refill(p, prng, buffer)
      if (i > 0) p.syncForDevice(0, buffer, { maintenance: omit === 'sync-for-device' })
      transfer(p, prng, buffer, i, omit)
    }
    p.unmap(0, buffer, { invalidateTlb: omit === 'invalidate-tlb' })
    interfere(p, prng)
    if (direction !== toDevice) for (let word = 0; word < bytes; word += 4) p.load(0, addr + offset + word)
    for (let page = 0; page < pages; page++) p.freePage(addr + page * 16)
  }
}

describe(`random DMA traffic, seed ${seed}`, () => {
  test('no oracle fires on legal traffic', () => {
    for (let run = 0; run < 1500; run++) {
      const p = new Platform()
      life(p, new Prng(seed + run, 'legal'))
      p.end()
      const told = [...p.set.violations.values()].map((record) => record.first.message)
      expect(told, `run ${run}`).toEqual([])
    }
  })

  test.each([
    ['map', ['fresh-dma-read', 'no-lost-write']],
    ['sync-for-cpu', ['fresh-load']],
    ['sync-for-device', ['fresh-dma-read', 'no-lost-write']],
    ['publish', ['fresh-dma-read', 'no-fault']],
    ['invalidate-tlb', ['iova-unique', 'live-translation', 'page-owner']],
  ])('leaving out %s is seen', (omit, expected) => {
    const fired = new Set<string>()
    for (let run = 0; run < 400; run++) {
      const p = new Platform()
      life(p, new Prng(seed + run, 'legal'), omit)
      p.end()
      for (const name of p.fired()) fired.add(name)
    }
    expect([...fired]).toEqual(expect.arrayContaining(expected))
  })

  test('the observed state is plain data and forgets: it is the same after every life that ends in the same memory', () => {
    const p = new Platform()
    const prng = new Prng(seed, 'finite')
    let largest = 0
    for (let run = 0; run < 60; run++) {
      life(p, prng)
      const text = canonical(p.set.state)
      expect(canonical(clone(p.set.state))).toBe(text)
      if (run === 20) largest = text.length
      if (run > 20) expect(text.length).toBeLessThan(largest * 1.1)
    }
  })
})
