/** Test | memory: bursts, rows, range, image. */

import { expect, test } from 'vitest'
import { defineDram } from '../../../../machines/dram/machine.ts'
import { rowsOf } from '../../../../machines/dram/rows.ts'
import type { DramContext } from '../../../../machines/dram/types.ts'
import { board, litmus } from '../../../../machines/geometry.ts'
import { Bytes } from '../../../../src/base/bytes.ts'
import { type Loose, MachineDriver } from '../drive-machine.ts'

const base = 0x4000_0000
const config = { id: 'dram', base, bytes: 4096, rows: { banks: 2, rowBytes: 256 } }
const read = (addr: number, words: number): Loose => {
  return { type: 'read.req', from: 'fimc0', txn: 2, addr, words, memory: 'non-cacheable' }
}
const write = (addr: number, data: number[]): Loose => {
  return { type: 'write.req', from: 'l2', txn: 1, addr, data, memory: 'cacheable' }
}

test('what was written is read, and both are reported with who did it', () => {
  const dram = new MachineDriver(defineDram(config))
  dram.give(write(base + 8, [1, -2, 3]))
  expect(dram.sent).toEqual([
    { port: 'bus', message: { type: 'write.resp', from: 'l2', txn: 1, addr: base + 8, ok: true } },
  ])
  expect(dram.events('memory.write')).toEqual([{ type: 'memory.write', from: 'l2', addr: base + 8, data: [1, -2, 3] }])
  dram.give(read(base + 4, 4))
  expect(dram.to('bus')[0]).toMatchObject({ type: 'read.resp', from: 'fimc0', txn: 2, ok: true, data: [0, 1, -2, 3] })
  expect(dram.events('memory.read')[0]).toMatchObject({ from: 'fimc0', data: [0, 1, -2, 3] })
})

test('the last word exists; a burst that runs past it does not, and changes nothing', () => {
  const dram = new MachineDriver(defineDram(config))
  dram.give(write(base + 4092, [5]))
  expect(dram.to('bus')[0]).toMatchObject({ ok: true })
  dram.give(write(base + 4088, [1, 2, 3]))
  expect(dram.to('bus')[0]).toMatchObject({ type: 'write.resp', ok: false })
  dram.give(read(base + 4088, 3))
  expect(dram.to('bus')[0]).toMatchObject({ type: 'read.resp', ok: false, data: [] })
  dram.give(read(base - 4, 1))
  expect(dram.to('bus')[0]).toMatchObject({ ok: false })
  expect(dram.emitted).toEqual([])
  dram.give(read(base + 4088, 2))
  expect(dram.to('bus')[0]).toMatchObject({ data: [0, 5] })
})

test('a row is opened once, and again after another row of its bank', () => {
  const dram = new MachineDriver(defineDram(config))
  const opened = (addr: number): unknown => {
    dram.give(read(addr, 1))
    return dram.events('memory.row')[0]?.conflict
  }
  expect(dram.state).toBe('precharged')
  expect(opened(base)).toBe(false)
  expect(dram.state).toBe('active')
  expect(opened(base + 252)).toBeUndefined()
  expect(opened(base + 256)).toBe(false) // The neighbouring row stands in the other bank.
  expect(opened(base + 4)).toBeUndefined()
  expect(opened(base + 512)).toBe(true)
  expect(opened(base)).toBe(true)
})

test('one row for the litmus memory, banks for the board', () => {
  expect(rowsOf({ id: 'dram', ...litmus.dram }).banks).toBe(1)
  expect(rowsOf({ id: 'dram', ...litmus.dram }).rowBytes).toBeGreaterThanOrEqual(litmus.dram.bytes)
  expect(rowsOf({ id: 'dram', ...board.dram }).banks).toBe(8)
})

test('the image is a copy, so instances share nothing', () => {
  const image = new Bytes(8)
  image.write(0, [11, 12])
  const definition = defineDram({ ...config, image })
  const first = new MachineDriver(definition)
  const second = new MachineDriver(definition)
  first.give(write(base, [99]))
  expect((first.reactor.context as DramContext).memory.get(0)).toBe(99)
  expect((second.reactor.context as DramContext).memory.read(0, 2)).toEqual([11, 12])
  expect(image.get(0)).toBe(11)
  expect(() => defineDram({ ...config, bytes: 4, image })).toThrow(/larger/)
  expect(() => defineDram({ ...config, rows: { banks: 3, rowBytes: 256 } })).toThrow(/power of two/)
})
