/** Unit | progress: nothing in the first second, then one line that is written over, or now and then a plain one. */

import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Progress } from '../../../src/cli/progress.ts'
import type { Terminal } from '../../../src/cli/terminal.ts'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance'] })
})
afterEach(() => {
  vi.useRealTimers()
})

/** What is written if `update` is called every 50 ms for `ms` milliseconds. */
function written(ms: number, rewritesErr: boolean): string[] {
  const texts: string[] = []
  const terminal: Terminal = {
    out: () => {},
    err: (text) => texts.push(text),
    paint: (_tone, text) => text,
    rewritesErr,
    input: async () => new Uint8Array(),
    interrupt: new AbortController().signal,
    isInterrupted: () => false,
  }
  const progress = new Progress(terminal)
  for (let now = 0; now < ms; now += 50) {
    progress.update(() => `at ${now}`)
    vi.advanceTimersByTime(50)
  }
  progress.end()
  return texts
}

test('short work says nothing', () => {
  expect(written(1000, true)).toEqual([])
  expect(written(1000, false)).toEqual([])
})

test('a terminal gets one line, written over and taken away', () => {
  expect(written(1200, true)).toEqual(['\r\x1b[2Kat 1000', '\r\x1b[2Kat 1100', '\r\x1b[2K'])
})

test('a file gets a plain line now and then', () => {
  expect(written(12_000, false)).toEqual(['at 1000\n', 'at 11000\n'])
})
