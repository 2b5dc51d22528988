/** Tests | schedules: packed text round trips, and any other text is refused as damaged. */

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { UsageError } from '../../../src/base/errors.ts'
import { fromBase64Url, Schedule, toBase64Url } from '../../../src/kernel/schedule.ts'
import type { Choice } from '../../../src/kernel/step.ts'
import { seed } from '../../support/seed.ts'

const int = fc.oneof(fc.nat({ max: 3 }), fc.nat({ max: 300 }), fc.nat({ max: 2 ** 31 - 1 }))
const choice: fc.Arbitrary<Choice> = fc.oneof(
  fc.record({ kind: fc.constant('deliver' as const), channel: int, position: int }),
  fc.record({ kind: fc.constant('spontaneous' as const), actor: int, choice: int, value: int }),
)

function scheduleOf(choices: readonly Choice[]): Schedule {
  const schedule = new Schedule()
  for (const one of choices) {
    if (one.kind === 'deliver') schedule.addDelivery(one.channel, one.position)
    else schedule.addSpontaneous(one.actor, one.choice, one.value)
  }
  return schedule
}

const choicesOf = (schedule: Schedule) => Array.from({ length: schedule.length }, (_, index) => schedule.at(index))

describe(`schedule (seed ${seed})`, () => {
  it('decodes to what was encoded', () => {
    fc.assert(
      fc.property(fc.array(choice, { maxLength: 600 }), (choices) => {
        const schedule = scheduleOf(choices)
        expect(choicesOf(schedule)).toEqual(choices)
        const text = schedule.encode()
        expect(text).toMatch(/^[A-Za-z0-9_-]*$/)
        expect(choicesOf(Schedule.decode(text))).toEqual(choices)
      }),
      { seed },
    )
  })

  it('grows beyond its first allocation', () => {
    const schedule = new Schedule()
    for (let i = 0; i < 10_000; i++) schedule.addDelivery(i, i % 3)
    expect(schedule.length).toBe(10_000)
    expect(schedule.at(9_999)).toEqual({ kind: 'deliver', channel: 9_999, position: 0 })
  })

  // A text that decodes is the one text that encodes its schedule, so no damage passes as another spelling.
  it('refuses damaged text with a usage error, or it is another schedule', () => {
    const damage = fc.record({
      choices: fc.array(choice, { minLength: 1, maxLength: 20 }),
      at: fc.nat(),
      to: fc.string({ maxLength: 2 }),
    })
    fc.assert(
      fc.property(damage, ({ choices, at, to }) => {
        const text = scheduleOf(choices).encode()
        const place = at % text.length
        const damaged = text.slice(0, place) + to + text.slice(place + 1)
        try {
          expect(Schedule.decode(damaged).encode()).toBe(damaged)
        } catch (error) {
          expect(error).toBeInstanceOf(UsageError)
        }
      }),
      { seed, numRuns: 2000 },
    )
  })

  it('refuses any text that is not a schedule', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.base64String()), (text) => {
        try {
          expect(Schedule.decode(text).encode()).toBe(text)
        } catch (error) {
          expect(error).toBeInstanceOf(UsageError)
        }
      }),
      { seed, numRuns: 2000 },
    )
  })

  it('says what is wrong', () => {
    expect(() => Schedule.decode('A')).toThrow('base64url text of impossible length')
    expect(() => Schedule.decode('AA==')).toThrow('"=" is not a base64url character')
    expect(() =>
      Schedule.decode(
        scheduleOf([{ kind: 'deliver', channel: 1, position: 300 }])
          .encode()
          .slice(0, 3),
      ),
    ).toThrow('cut short')
    expect(() => Schedule.decode(toBase64Url(Uint8Array.of(255, 255, 255, 255, 255, 255, 1, 0)))).toThrow('too large')
    // A position of 2^31 would come back negative.
    expect(() => Schedule.decode(toBase64Url(Uint8Array.of(0, 128, 128, 128, 128, 8)))).toThrow('too large')
  })
})

describe(`base64url (seed ${seed})`, () => {
  it('agrees with the platform', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        const text = toBase64Url(bytes)
        expect(text).toBe(Buffer.from(bytes).toString('base64url'))
        expect([...fromBase64Url(text)]).toEqual([...bytes])
      }),
      { seed },
    )
  })
})
