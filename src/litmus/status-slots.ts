/** Litmus | the words that an IOMMU's completions are written to: those that programs name in `tlbsync`. */

import { constantValue } from './constants.ts'
import type { LitmusTest } from './form.ts'
import { type Ground, spotOf, unitOf } from './locations.ts'
import { statementsOfAll } from './statements.ts'

/** Addresses, in the order of the text. */
export function statusSlots(test: LitmusTest, ground: Ground, unit: string): readonly number[] {
  const slots: number[] = []
  for (const statement of statementsOfAll(test.actors)) {
    if (statement.do !== 'tlbsync' || statement.slot === undefined) continue
    if (unitOf(ground, statement.unit, statement).name !== unit) continue
    const { addr } = spotOf(ground, statement.slot, (value) => constantValue(value, ground.constants) ?? 'unknown')
    if (typeof addr === 'number' && !slots.includes(addr)) slots.push(addr)
  }
  return slots
}
