/** Tests | a set hands events to its oracles and keeps their violations. */

import { describe, expect, test } from 'vitest'
import { litmus } from '../../../machines/geometry.ts'
import type { Emitted, SysmmuFault } from '../../../machines/protocol.ts'
import { UsageError } from '../../../src/base/errors.ts'
import { oracleNames, oracles } from '../../../src/oracle/index.ts'
import { oracleConfig, type Violation } from '../../../src/oracle/oracle.ts'
import { createOracleSet } from '../../../src/oracle/oracle-set.ts'

const config = oracleConfig(litmus)
const fault: SysmmuFault = {
  type: 'sysmmu.fault',
  mmu: 'sysmmu0',
  from: 'fimc0',
  kind: 'page',
  iova: 0x20000010,
  write: true,
}

describe('registry', () => {
  test('the key is the name, and every oracle says when it is violated', () => {
    for (const name of oracleNames) {
      expect(oracles[name].name).toBe(name)
      expect(oracles[name].description.length).toBeGreaterThan(20)
    }
  })
})

describe('set', () => {
  test('keeps the first violation in full and counts the rest', () => {
    const told: Violation[] = []
    const set = createOracleSet(['no-fault'], config, { onViolation: (violation) => told.push(violation) })
    set.observe(fault, { step: 3, cycle: 30, actor: 'sysmmu0' })
    const second: Emitted = { ...fault, iova: 0x20000020 }
    set.observe(second, { step: 4, cycle: 40, actor: 'sysmmu0' })
    expect(set.violations.get('no-fault')).toMatchObject({
      count: 2,
      first: { oracle: 'no-fault', step: 3, cycle: 30, actor: 'sysmmu0', iova: 0x20000010 },
    })
    expect(told.map(({ step }) => step)).toEqual([3, 4])
    expect(told[0]?.message).toBe(
      'sysmmu0 raised a page fault at step 3 for the write to IO address 0x2000_0010 by fimc0, expected a translation; likely the mapping is missing, gone, or its table entry was not in memory yet',
    )
  })

  test('runs only the chosen oracles and passes over unknown events', () => {
    const set = createOracleSet(['progress'], config)
    set.observe(fault, { step: 1, cycle: 1, actor: 'sysmmu0' })
    set.observe({ type: 'nobody.knows' }, { step: 2, cycle: 2, actor: 'x' })
    expect(set.violations.size).toBe(0)
    expect(Object.keys(set.state.oracles)).toEqual(['progress'])
  })

  test('an unknown oracle is a usage error that names the near ones', () => {
    expect(() => createOracleSet(['fresh-lod'], config)).toThrow(UsageError)
    expect(() => createOracleSet(['fresh-lod'], config)).toThrow(/Did you mean fresh-load/)
  })
})
