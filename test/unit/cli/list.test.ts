/** Unit | `dmarace list` and `machines`: every registry entry is there. */

import { describe, expect, test } from 'vitest'
import { features } from '../../../machines/features.ts'
import { machines } from '../../../machines/index.ts'
import { oracleNames } from '../../../src/oracle/index.ts'
import { scenarios } from '../../../src/scenario/index.ts'
import type { Scenario } from '../../../src/scenario/scenario.ts'
import { dmarace } from '../../support/fake-terminal.ts'

describe('list', () => {
  test('names everything that has a name, on lines that fit a terminal', async () => {
    const { code, out } = await dmarace(['list'])
    expect(code).toBe(0)
    for (const registry of [scenarios, machines, features]) {
      for (const name of Object.keys(registry)) expect(out).toContain(name)
    }
    for (const name of oracleNames) expect(out).toContain(name)
    for (const line of out.split('\n')) expect(line.length, line).toBeLessThanOrEqual(120)
  })

  test('as JSON has the same, by kind', async () => {
    const all = JSON.parse((await dmarace(['list', '--json'])).out)
    expect(all.scenarios.map(({ id }: { id: string }) => id)).toEqual(Object.keys(scenarios))
    expect(all.oracles.map(({ name }: { name: string }) => name)).toEqual(oracleNames)
    const only = JSON.parse((await dmarace(['list', 'scenarios', '--json'])).out)
    expect(only).toEqual(all.scenarios)
    for (const scenario of Object.values<Scenario>(scenarios)) {
      if (scenario.twinOf)
        expect(only).toContainEqual(expect.objectContaining({ id: scenario.id, twinOf: scenario.twinOf }))
    }
  })
})

describe('machines', () => {
  test('has a row for each machine, all columns filled', async () => {
    const rows = JSON.parse((await dmarace(['machines', '--json'])).out)
    expect(rows.map(({ machine }: { machine: string }) => machine)).toEqual(Object.keys(machines))
    for (const row of rows) {
      expect(row.states, row.machine).toBeGreaterThan(1)
      expect(row.transitions, row.machine).toBeGreaterThan(1)
      expect(row.longestAction, row.machine).toMatch(/^\S+, \d+$/)
    }
    const { out } = await dmarace(['machines', '--markdown'])
    expect(out.split('\n')[1]).toMatch(/^\| --- \|( ---: \|)+$/)
  })
})
