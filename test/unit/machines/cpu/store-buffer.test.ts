/** Unit | store buffer as plain data: order of draining, forwarding, retiring. */

import { describe, expect, it } from 'vitest'
import {
  dataOf,
  drains,
  emptyBuffer,
  enter,
  entryKinds,
  forward,
  freeTxn,
  holdsAll,
  isPosted,
  retire,
  retirePosted,
  touchesLine,
} from '../../../../machines/cpu/store-buffer.ts'
import type { PostedMaintenance, StoreBuffer } from '../../../../machines/cpu/types.ts'

const { cacheable, nonCacheable, device } = entryKinds
const line = 32
const none: PostedMaintenance = { count: 0, line: [0, 0] }

function bufferOf(...entries: [kind: number, addr: number, words: number, value: number][]): StoreBuffer {
  const buffer = emptyBuffer(4)
  for (const entry of entries) enter(buffer, ...entry)
  return buffer
}

function drainable(buffer: StoreBuffer, posted = none): number[] {
  return [0, 1, 2, 3].filter((entry) => drains(buffer, entry, posted, line))
}

describe('draining', () => {
  it('lets Normal stores to different words go in any order', () => {
    expect(
      drainable(bufferOf([cacheable, 0x100, 1, 1], [nonCacheable, 0x104, 1, 2], [cacheable, 0x200, 8, 3])),
    ).toEqual([0, 1, 2])
  })

  it('holds a store back until an older one to the same word is performed, even after that was sent', () => {
    const buffer = bufferOf([cacheable, 0x100, 8, 1], [cacheable, 0x11c, 1, 2])
    expect(drainable(buffer)).toEqual([0])
    buffer.txn[0] = 0
    expect(drainable(buffer)).toEqual([])
    retire(buffer, 0)
    expect(drainable(buffer)).toEqual([0])
  })

  it('compares physical addresses, whatever the memory type', () => {
    expect(drainable(bufferOf([nonCacheable, 0x100, 1, 1], [cacheable, 0x100, 1, 2]))).toEqual([0])
  })

  it('sends Device stores in program order, without waiting for responses', () => {
    const buffer = bufferOf([device, 0x9000, 1, 1], [device, 0x8000, 1, 2], [device, 0x9000, 1, 3])
    expect(drainable(buffer)).toEqual([0])
    buffer.txn[0] = 0
    expect(drainable(buffer)).toEqual([1])
  })

  it('orders Device and Normal stores only among themselves', () => {
    expect(drainable(bufferOf([device, 0x9000, 1, 1], [cacheable, 0x100, 1, 2], [device, 0x9004, 1, 3]))).toEqual([
      0, 1,
    ])
  })

  it('holds a store back behind older maintenance of its line', () => {
    const posted = { count: 1, line: [0x100, 0] }
    expect(
      drainable(bufferOf([cacheable, 0x11c, 1, 1], [cacheable, 0x120, 1, 2], [device, 0x100, 1, 3]), posted),
    ).toEqual([1, 2])
  })
})

describe('forwarding', () => {
  it('gives the newest word', () => {
    const buffer = bufferOf([cacheable, 0x100, 8, 1], [cacheable, 0x104, 1, 2])
    expect(forward(buffer, 0x100, [9, 9, 9])).toEqual([1, 2, 1])
    expect(holdsAll(buffer, 0x100, 8)).toBe(true)
  })

  it('merges into what was loaded, and leaves the message alone', () => {
    const loaded = [7, 8]
    expect(forward(bufferOf([cacheable, 0x104, 1, 0xffffffff]), 0x100, loaded)).toEqual([7, -1])
    expect(loaded).toEqual([7, 8])
  })

  it('takes nothing from Device entries', () => {
    const buffer = bufferOf([device, 0x100, 1, 5])
    expect(forward(buffer, 0x100, [7])).toEqual([7])
    expect(holdsAll(buffer, 0x100, 1)).toBe(false)
    expect(touchesLine(buffer, 0x100, line)).toBe(false)
  })

  it('is not enough when a word is missing', () => {
    expect(holdsAll(bufferOf([cacheable, 0x104, 1, 5]), 0x100, 2)).toBe(false)
  })
})

describe('entries', () => {
  it('keep their order when one retires, and leave no trace', () => {
    const buffer = bufferOf([cacheable, 0x100, 1, 1], [cacheable, 0x200, 2, 2])
    retire(buffer, 0)
    expect(dataOf(buffer, 0)).toEqual([2, 2])
    retire(buffer, 0)
    expect(buffer).toEqual(emptyBuffer(4))
  })

  it('get the lowest free transaction id', () => {
    const buffer = bufferOf([device, 0x9000, 1, 1], [device, 0x9004, 1, 2], [device, 0x9008, 1, 3])
    buffer.txn[0] = 0
    buffer.txn[1] = 1
    expect(freeTxn(buffer)).toBe(2)
    retire(buffer, 0)
    expect(freeTxn(buffer)).toBe(0)
  })
})

describe('posted maintenance', () => {
  it('is forgotten line by line', () => {
    const posted = { count: 2, line: [0x100, 0x140] }
    expect(isPosted(posted, 0x11c, line)).toBe(true)
    expect(retirePosted(posted, 0x180)).toBe(false)
    expect(retirePosted(posted, 0x100)).toBe(true)
    expect(posted).toEqual({ count: 1, line: [0x140, 0] })
    expect(isPosted(posted, 0x11c, line)).toBe(false)
    expect(isPosted(posted, 0, line)).toBe(false)
  })
})
