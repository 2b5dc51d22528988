/** Unit | the operating system's calls: what each returns, reports and leaves behind. */

import { beforeEach, describe, expect, test } from 'vitest'
import { board, litmus } from '../../../../machines/geometry.ts'
import { dmaError, errno, type OsCallType, osCalls, pageOwners } from '../../../../machines/os/calls.ts'
import { defineOs, type OsContext, osConfig } from '../../../../machines/os/machine.ts'
import type { Emitted } from '../../../../machines/protocol.ts'
import type { Message, Reactor } from '../../../../src/kernel/actor.ts'

const config = osConfig(litmus, { lists: [{ name: 'done', capacity: 2 }], flags: ['on'] })
const dma = pageOwners.indexOf('dma')
const first = litmus.dram.base + litmus.reservedBytes
const page = litmus.pageBytes

let os: Reactor
let emitted: Emitted[]
let replies: (readonly number[])[]

beforeEach(() => start(config))

function start(configuration: typeof config): void {
  emitted = []
  replies = []
  os = defineOs(configuration).createReactor('sim', {
    send: () => {},
    raise: () => {},
    emit: (event) => emitted.push(event as Emitted),
    reply: (message) => replies.push((message as Message & { values: number[] }).values),
  })
  os.start()
}

/** Makes a call; its values, or the reason why it stalls. */
function call(type: OsCallType, args: readonly number[], core = 0): readonly number[] | string {
  const message = { type, core, args }
  if (os.decide(message) === 'stall') return os.reason
  os.commit(message)
  const values = replies.pop()
  expect(values).toHaveLength(osCalls[type].results.length)
  return values as readonly number[]
}

const context = (): OsContext => os.context as OsContext
const misuses = (): string[] => emitted.flatMap((event) => (event.type === 'os.misuse' ? [event.why] : []))

describe('pages', () => {
  test('contiguous pages come lowest first, aligned to their size, and report their owner', () => {
    expect(call('page.alloc', [page, dma])).toEqual([first])
    expect(call('page.alloc', [2 * page, dma])).toEqual([first + 2 * page])
    expect(call('page.alloc', [page, dma])).toEqual([first + page])
    expect(emitted.map((event) => event.type === 'page.owner' && [event.addr - first, event.owner])).toEqual([
      [0, 'dma'],
      [2 * page, 'dma'],
      [3 * page, 'dma'],
      [page, 'dma'],
    ])
  })

  test('single pages are scattered until half of the memory is gone, and all of it can be had', () => {
    const total = context().pageOwner.length
    const addrs = Array.from({ length: total }, () => (call('page.alloc-single', [dma]) as number[])[0] as number)
    expect(new Set(addrs).size).toBe(total)
    for (let i = 1; i < total / 2; i++) expect(addrs[i]).not.toBe((addrs[i - 1] as number) + page)
    expect(call('page.alloc-single', [dma])).toEqual([0])
    expect(call('page.alloc', [page, dma])).toEqual([0])
  })

  test('a range with a free page in it is not freed at all', () => {
    call('page.alloc', [2 * page, dma])
    expect(call('page.free', [first, 3 * page])).toEqual([errno.EINVAL])
    expect(misuses()).toEqual(['a page is free'])
    expect(call('page.free', [first, 2 * page])).toEqual([errno.ok])
    expect(call('page.free', [first, 2 * page])).toEqual([errno.EINVAL])
    expect(call('page.free', [litmus.dram.base, page])).toEqual([errno.EINVAL])
  })

  test('a page without linear mapping translates to nothing there', () => {
    call('page.alloc', [page, dma])
    const va = litmus.linearBase + litmus.reservedBytes + 4
    expect(call('va.translate', [va])).toEqual([1, first + 4, 0])
    call('page.alias', [first, page, 0])
    expect(call('va.translate', [va])).toEqual([0, 0, 0])
    call('page.alias', [first, page, 1])
    expect(call('va.translate', [va])).toEqual([1, first + 4, 0])
  })
})

describe('IO addresses', () => {
  test('running out gives the error value, not 0, and giving back twice is reported', () => {
    expect(call('iova.alloc', [0, litmus.iova.bytes])).toEqual([litmus.iova.base])
    expect(call('iova.alloc', [0, 4])).toEqual([dmaError])
    expect(emitted.at(-1)).toEqual({ type: 'os.exhausted', core: 0, what: 'IO space fimc0' })
    expect(call('iova.free', [0, litmus.iova.base, litmus.iova.bytes])).toEqual([errno.ok])
    expect(call('iova.free', [0, litmus.iova.base, page])).toEqual([errno.EINVAL])
    expect(misuses()).toEqual(['the IO address range is not in use'])
  })

  test('events carry whole pages', () => {
    call('iova.alloc', [0, page + 4])
    expect(emitted).toEqual([{ type: 'iova.alloc', iova: litmus.iova.base, bytes: 2 * page }])
  })
})

describe('live mappings', () => {
  const handle = litmus.iova.base + 4
  beforeEach(() => call('mapping.add', [0, handle, first + 4, 2 * page, 2, 0, 0]))

  test('a range inside is found, a range that reaches out is not', () => {
    expect(call('mapping.find', [0, handle + 8, 8])).toEqual([1, handle, first + 4, 2 * page, 2, 0, 0])
    expect(call('mapping.find', [0, handle, 2 * page + 4])).toEqual([0, 0, 0, 0, 0, 0, 0])
    expect(call('mapping.find', [0, handle - 4, 4])).toEqual([0, 0, 0, 0, 0, 0, 0])
    expect(misuses()).toHaveLength(2)
  })

  test('only one of two callers takes it', () => {
    expect(call('mapping.take', [0, handle, 2 * page, 2, 0])).toEqual([1, first + 4, 2 * page, 0])
    expect(call('mapping.take', [0, handle, 2 * page, 2, 0], 1)).toEqual([0, 0, 0, 0])
    expect(emitted.at(-1)).toMatchObject({ type: 'os.misuse', core: 1, call: 'mapping.take' })
  })

  test.each([
    ['size', [0, handle, page, 2, 0], 'the memory was mapped with another size'],
    ['direction', [0, handle, 2 * page, 1, 0], 'the memory was mapped with another direction'],
    ['function', [0, handle, 2 * page, 2, 1], 'the memory was mapped by another function'],
  ])('a wrong %s is reported and takes nothing', (_, args, why) => {
    expect(call('mapping.take', args)).toEqual([0, 0, 0, 0])
    expect(misuses()).toEqual([why])
    expect(context().dmaMappings).toHaveLength(1)
  })

  test('overlapping mappings are refused, a full list says so', () => {
    expect(call('mapping.add', [0, handle + page, first, page, 2, 0, 0])).toEqual([errno.EINVAL])
    for (let i = 1; i < config.dmaMappingsMax; i++) call('mapping.add', [0, i * 0x1000, first, page, 0, 0, 0])
    expect(call('mapping.add', [0, 0x9000, first, page, 0, 0, 0])).toEqual([errno.ENOMEM])
  })
})

describe('virtual windows', () => {
  test('an array of scattered pages reads as one piece, with a page of nothing behind it', () => {
    const [array] = call('array.alloc', [2]) as [number]
    call('array.set', [array, 0, first + 4 * page])
    call('array.set', [array, 1, first])
    const [va] = call('kernel.map', [0, 2 * page, 1, array]) as [number]
    expect(call('va.translate', [va + 4])).toEqual([1, first + 4 * page + 4, 1])
    expect(call('va.translate', [va + page])).toEqual([1, first, 1])
    expect(call('va.translate', [va + 2 * page])).toEqual([0, 0, 0])
    expect(call('kernel.map', [first, page, 0, 0])).toEqual([va + 3 * page])
    expect(call('kernel.find', [va])).toEqual([1, 0, 2 * page, array])
    expect(call('user.map', [0, page, 1, array, 1])).toEqual([litmus.user.base])
    expect(call('va.translate', [litmus.user.base])).toEqual([1, first, 1])
    expect(call('user.map', [0, 2 * page, 1, array, 1])).toEqual([0])
    call('kernel.unmap', [va])
    expect(call('va.translate', [va])).toEqual([0, 0, 0])
    expect(call('kernel.unmap', [va])).toEqual([errno.EINVAL])
    expect(call('kernel.find', [va])).toEqual([0, 0, 0, 0])
  })

  test('a full window returns 0', () => {
    expect(call('user.map', [first, litmus.user.bytes + page, 0, 0, 0])).toEqual([0])
    for (let i = 0; i < config.areasMax; i++) expect(call('user.map', [first, page, 0, 0, 0])).not.toEqual([0])
    expect(call('user.map', [first, page, 0, 0, 0])).toEqual([0])
  })
})

describe('level-2 tables', () => {
  test('come from pages owned by nobody else, count their entries and are freed only when empty', () => {
    const [table] = call('table.alloc', [0, 1]) as [number]
    expect(emitted).toEqual([{ type: 'page.owner', addr: table, owner: 'page-table' }])
    expect(call('table.find', [0, 1])).toEqual([table])
    expect(call('table.find', [0, 0])).toEqual([0])
    expect(call('table.use', [0, 1, 3])).toEqual([litmus.level2Entries - 3])
    expect(call('table.use', [0, 1, 2])).toEqual([0])
    expect(call('table.free', [0, 1])).toEqual([errno.EBUSY])
    expect(call('table.unuse', [0, 1, 3])).toEqual([litmus.level2Entries])
    expect(call('table.alloc', [0, 1])).toEqual([0])
    expect(call('table.free', [0, 1])).toEqual([errno.ok])
    expect(emitted.at(-1)).toEqual({ type: 'page.owner', addr: table, owner: 'free' })
    expect(call('table.find', [0, litmus.level1Entries])).toEqual([0])
  })

  test('on the board four of them share a page, which goes with the last one', () => {
    start(osConfig(board))
    const tables = [0, 1, 2, 3, 4].map((index) => (call('table.alloc', [0, index]) as number[])[0] as number)
    expect(tables.map((addr) => addr - (tables[0] as number))).toEqual([0, 1024, 2048, 3072, 4096])
    expect(context().tablePages).toHaveLength(2)
    for (const index of [0, 1, 2]) call('table.free', [0, index])
    expect(context().tablePages).toHaveLength(2)
    expect(call('table.alloc', [0, 7])).toEqual([tables[0]])
    call('table.free', [0, 7])
    call('table.free', [0, 3])
    expect(context().tablePages).toHaveLength(1)
  })
})

describe('what threads and handlers share', () => {
  test('a list is bounded and first in, first out', () => {
    expect(call('list.pop', [0])).toEqual([0, 0])
    expect(call('list.push', [0, 7])).toEqual([errno.ok])
    expect(call('list.push', [0, 0])).toEqual([errno.ok])
    expect(call('list.push', [0, 9])).toEqual([errno.ENOMEM])
    expect(call('list.count', [0])).toEqual([2])
    expect(call('list.pop', [0])).toEqual([1, 7])
    expect(call('list.pop', [0])).toEqual([1, 0])
    expect(call('list.push', [3, 1])).toEqual([errno.EINVAL])
  })

  test('variables', () => {
    expect(call('flag.set', [1, 5])).toEqual([errno.ok])
    expect(call('flag.get', [1])).toEqual([5])
    expect(call('flag.get', [2])).toEqual([0])
  })

  test('a lock held makes the other core wait, and its own too', () => {
    expect(call('lock.acquire', [0])).toEqual([errno.ok])
    expect(call('lock.acquire', [0], 1)).toContain('spins')
    expect(call('lock.acquire', [0])).toContain('spins')
    expect(call('lock.acquire', [1], 1)).toEqual([errno.ok])
    expect(os.value()).toMatchObject({ 'lock-pgtable': 'heldByCore0', 'lock-sysmmu': 'heldByCore1' })
    expect(call('lock.release', [0])).toEqual([errno.ok])
    expect(call('lock.acquire', [0], 1)).toEqual([errno.ok])
    expect(emitted).toEqual([
      { type: 'os.sync', core: 0, object: 'lock:pgtable', edge: 'acquire' },
      { type: 'os.sync', core: 1, object: 'lock:sysmmu', edge: 'acquire' },
      { type: 'os.sync', core: 0, object: 'lock:pgtable', edge: 'release' },
      { type: 'os.sync', core: 1, object: 'lock:pgtable', edge: 'acquire' },
    ])
  })

  test('wrong releases are reported', () => {
    expect(call('lock.release', [0])).toEqual([errno.EINVAL])
    call('lock.acquire', [0], 1)
    expect(call('lock.release', [0])).toEqual([errno.ok])
    expect(call('lock.acquire', [9])).toEqual([errno.EINVAL])
    expect(misuses()).toEqual(['the lock is not held', 'the lock is held by another core', 'no such lock'])
  })

  test('reports become events', () => {
    call('fault.report', [0, 1, litmus.iova.base])
    call('misuse.report', [0, 2, 0])
    expect(emitted).toEqual([
      { type: 'os.fault', device: 'fimc0', status: 1, iova: litmus.iova.base },
      { type: 'os.misuse', core: 0, call: 'misuse.report', why: 'maps memory to user space that was not allocated' },
    ])
  })
})

test('an IO address space beyond the reach of its table, or a table outside the reserved memory, is a usage error', () => {
  const space = { name: 'x', base: 0, bytes: litmus.iova.bytes, tableAddr: litmus.dram.base }
  const define = (mapping: typeof space) => () => defineOs({ ...config, mappings: [mapping] })
  expect(define({ ...space, bytes: 2 * litmus.iova.bytes })).toThrow(/translates/)
  expect(define({ ...space, base: 4 })).toThrow(/page boundary/)
  expect(define({ ...space, tableAddr: first })).toThrow(/reserved memory/)
  expect(define(space)).not.toThrow()
})
