/** Test | accesses of devices through the snoop control unit, and maintenance that it does not broadcast. */

import { describe, expect, test } from 'vitest'
import { defaultScuConfig, defineScu, type ScuContext } from '../../../../machines/cache-controller/index.ts'
import { defaultFeatures } from '../../../../machines/features.ts'
import { Bench } from './bench.ts'

const definition = defineScu({
  ...defaultScuConfig,
  acp: [
    { from: ['walker'], access: 'read' },
    { from: ['a', 'b'], access: 'read-write' },
  ],
})
const bench = () => new Bench<ScuContext>(definition)
const line = 0x4000_0010

const read = (from: string, addr = line + 4, words = 1) => ({
  type: 'read.req',
  from,
  txn: 3,
  addr,
  words,
  memory: 'non-cacheable',
})
const write = (addr = line + 4, data = [9]) => ({
  type: 'write.req',
  from: 'b',
  txn: 3,
  addr,
  data,
  memory: 'cacheable',
})
const answer = (core: number, data: number[] = [], dirty = false) => ({
  type: 'snoop.resp',
  core,
  addr: line,
  held: data.length > 0,
  dirty,
  data,
})
const l2Read = (data: number[], ok = true) => ({ type: 'read.resp', from: 'a', txn: 3, addr: line + 4, data, ok })
const l2Written = { type: 'write.resp', from: 'a', txn: 3, addr: line, ok: true }
const snoops = (op: string) => [
  { type: 'snoop.req', addr: line, op },
  { type: 'snoop.req', addr: line, op },
]

describe('a read of a device', () => {
  test('asks every core, then the outer cache, and answers on the port it came from', () => {
    const scu = bench()
    const asked = scu.give(read('walker'))
    expect([asked.sent, asked.messages]).toEqual([['core0 snoop.req', 'core1 snoop.req'], snoops('share')])
    scu.give(answer(0))
    expect(scu.give(answer(1)).messages).toEqual([
      { type: 'read.req', from: 'walker', txn: 3, addr: line + 4, words: 1, memory: 'cacheable' },
    ])
    const answered = scu.give(l2Read([5]))
    expect(answered.sent).toEqual(['acp0 read.resp'])
    expect(answered.messages).toEqual([
      { type: 'read.resp', from: 'walker', txn: 3, addr: line + 4, data: [5], ok: true },
    ])
    expect(answered.emitted).toEqual([
      { type: 'memory.read', from: 'walker', addr: line + 4, data: [5], coherent: true },
    ])
    expect([scu.value, scu.context]).toEqual(['idle', bench().context])
  })

  test('is answered by a core that holds the line', () => {
    const scu = bench()
    scu.give(read('a'))
    scu.give(answer(0))
    const answered = scu.give(answer(1, [6, 7]))
    expect(answered.sent).toEqual(['acp1 read.resp'])
    expect(answered.messages).toMatchObject([{ data: [7], ok: true }])
    expect(scu.context).toEqual(bench().context)
  })

  test('waits until the outer cache has what is dirty', () => {
    const scu = bench()
    scu.give(read('a'))
    scu.give(answer(0, [6, 7], true))
    expect(scu.give(answer(1)).messages).toMatchObject([{ type: 'write.req', addr: line, data: [6, 7] }])
    expect(scu.give(l2Written).messages).toMatchObject([{ type: 'read.resp', data: [7] }])
    expect(scu.context).toEqual(bench().context)
  })

  test('hands an error on, and refuses what leaves its line', () => {
    const scu = bench()
    scu.give(read('a'))
    scu.give(answer(0))
    scu.give(answer(1))
    const failed = scu.give(l2Read([], false))
    expect([failed.messages[0], failed.emitted]).toMatchObject([{ ok: false }, []])
    expect(scu.give(read('a', line + 4, 2)).messages).toMatchObject([{ type: 'read.resp', data: [], ok: false }])
    expect(scu.value).toBe('idle')
  })
})

describe('a write of a device', () => {
  test('takes the line from every core and goes to the outer cache', () => {
    const scu = bench()
    expect(scu.give(write()).messages).toEqual(snoops('yield'))
    scu.give(answer(0))
    const sent = scu.give(answer(1))
    expect(sent.messages).toEqual([
      { type: 'write.req', from: 'b', txn: 3, addr: line + 4, data: [9], memory: 'cacheable' },
    ])
    expect(sent.emitted).toEqual([{ type: 'memory.write', from: 'b', addr: line + 4, data: [9], coherent: true }])
    expect(scu.give(l2Written).sent).toEqual(['acp1 write.resp'])
    expect([scu.value, scu.context]).toEqual(['idle', bench().context])
  })

  test('goes behind the words beside it that were dirty', () => {
    const scu = bench()
    scu.give(write())
    scu.give(answer(0))
    expect(scu.give(answer(1, [6, 7], true)).messages).toMatchObject([{ type: 'write.req', addr: line, data: [6, 7] }])
    expect(scu.give(l2Written).messages).toMatchObject([{ type: 'write.req', addr: line + 4, data: [9] }])
    expect(scu.give(l2Written).sent).toEqual(['acp1 write.resp'])
    expect(scu.context).toEqual(bench().context)
  })

  test('is refused if it leaves its line', () => {
    expect(bench().give(write(line + 4, [1, 2])).messages).toMatchObject([{ type: 'write.resp', ok: false }])
  })
})

test('accesses of cores still pass, and one waits for the other', () => {
  const scu = bench()
  const passes = { ...read('cpu1'), txn: 0 }
  expect(scu.give(passes).sent).toEqual(['l2 read.req'])
  expect(scu.give(read('a')).decision).toBe('stall')
})

test('without broadcast, maintenance is for the core that asks', () => {
  const scu = new Bench<ScuContext>(
    defineScu({ ...defaultScuConfig, features: { ...defaultFeatures, maintenanceBroadcast: false } }),
  )
  expect(scu.give({ type: 'maintain.req', core: 1, op: 'clean', addr: line }).sent).toEqual(['core1 snoop.req'])
  expect(scu.give(answer(1)).sent).toEqual(['core1 maintain.resp'])
})
