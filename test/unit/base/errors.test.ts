/** Tests | the kinds of failure: exit codes, wording, suggestions. */

import { describe, expect, it } from 'vitest'
import { assert, assertNever, present } from '../../../src/base/assert.ts'
import {
  DefinitionError,
  InternalError,
  InterruptedError,
  LimitError,
  UsageError,
  unknownName,
} from '../../../src/base/errors.ts'

describe('errors', () => {
  it('carry the exit codes of the command line', () => {
    const codes = [
      new UsageError('x'),
      new DefinitionError('m', ['p']),
      new LimitError('x'),
      new InternalError('x'),
      new InterruptedError('x'),
    ].map((error) => error.exitCode)
    expect(codes).toEqual([2, 2, 3, 4, 130])
  })

  it('say "internal:" for our own bugs only', () => {
    expect(new InternalError('the queue is full').message).toBe('internal: the queue is full')
    expect(new UsageError('no such file').message).toBe('no such file')
  })

  it('list every problem of a definition', () => {
    const error = new DefinitionError('machine "x"', ['one', 'two'])
    expect(error.message).toBe('machine "x" is not well defined:\n  - one\n  - two')
  })

  it('name the known names, and the nearest first', () => {
    const { message } = unknownName('scenario', 'captur', ['capture-two', 'map', 'captures', 'capture'])
    expect(message).toBe(
      'unknown scenario "captur". Did you mean capture or captures? Known: capture-two, map, captures, capture',
    )
  })

  it('suggest nothing when nothing is near', () => {
    expect(unknownName('machine', 'x', ['cpu', 'gic']).message).toBe('unknown machine "x". Known: cpu, gic')
  })

  it('assertions throw internal errors', () => {
    expect(() => assert(false, 'room')).toThrow('internal: room')
    expect(() => assert(true, 'room')).not.toThrow()
    expect(() => assertNever('odd' as never)).toThrow('internal: unexpected variant "odd"')
    expect(() => present(undefined, 'the head')).toThrow('internal: the head is missing')
    expect(present(0, 'zero')).toBe(0)
  })
})
