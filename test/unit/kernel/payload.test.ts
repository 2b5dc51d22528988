/** Tests | copies of messages: nothing shared, and nothing in them depends on which messages were copied before. */

import { describe, expect, it } from 'vitest'
import { Bytes } from '../../../src/base/bytes.ts'
import { copyPayload } from '../../../src/kernel/payload.ts'
import { message } from '../../support/fake-actor.ts'

const text = (payload: Readonly<Record<string, unknown>>, type: string) =>
  JSON.stringify(copyPayload(message(type, payload)))

describe('copyPayload', () => {
  it('shares nothing with the original, the first time and later', () => {
    for (let round = 0; round < 3; round++) {
      const payload = { n: 1, flat: [1, 2], deep: [{ x: [1] }], nothing: [null], bytes: new Bytes(4), o: { k: [1] } }
      const copy = copyPayload(message('deep', payload)) as unknown as typeof payload
      expect(copy).toEqual({ type: 'deep', ...payload })
      for (const key of ['flat', 'deep', 'nothing', 'bytes', 'o'] as const) expect(copy[key]).not.toBe(payload[key])
      expect(copy.deep[0]?.x).not.toBe(payload.deep[0]?.x)
    }
  })

  // Goal: a trace is the same whatever ran earlier in the process. Method: the same messages in both orders of first use.
  it('gives the same text whichever shape of a type came first', () => {
    const shapes = [{ b: 1, a: 2 }, { a: 2, b: 1 }, { a: 2 }, { a: 2, b: undefined }, { c: 3, a: 2 }]
    const forward = shapes.map((shape) => text(shape, 'one'))
    const backward = shapes.toReversed().map((shape) => text(shape, 'two'))
    expect(forward).toEqual(backward.toReversed().map((line) => line.replace('two', 'one')))
    expect(forward[0]).toBe('{"type":"one","a":2,"b":1}')
    expect(forward[1]).toBe(forward[0])
  })

  it('keeps odd keys as they are', () => {
    const odd = { 'with space': 1, 'quo\'te"': [2], 'a-b': { c: 3 } }
    expect(copyPayload(message('odd', odd))).toEqual({ type: 'odd', ...odd })
    expect(copyPayload(message('odd', odd))).toEqual({ type: 'odd', ...odd })
  })
})
