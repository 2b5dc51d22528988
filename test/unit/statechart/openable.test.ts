/** Unit | machines that are made when somebody opens them: XState takes them for its own. */

import { expect, test } from 'vitest'
import { createActor, getInitialSnapshot, StateMachine } from 'xstate'
import { toDirectedGraph } from 'xstate/graph'
import { defaultDramConfig, defineDram, dramMachine } from '../../../machines/dram/machine.ts'
import { openable } from '../../../src/statechart/openable.ts'

test('nothing is made before', () => {
  let made = 0
  const machine = openable(() => {
    made++
    return defineDram(defaultDramConfig)
  })
  expect(made).toBe(0)
  expect(machine.id).toBe(defaultDramConfig.id)
  expect(machine.root.states).toBeDefined()
  expect(made).toBe(1)
})

test('it is the machine of the definition', () => {
  const { machine } = defineDram(defaultDramConfig)
  expect(dramMachine instanceof StateMachine).toBe(true)
  expect(Object.keys(dramMachine)).toEqual(Object.keys(machine))
  expect(JSON.stringify(dramMachine)).toBe(JSON.stringify(machine))
  expect(toDirectedGraph(dramMachine).children.length).toBe(toDirectedGraph(machine).children.length)
  expect(getInitialSnapshot(dramMachine).value).toEqual(getInitialSnapshot(machine).value)
  expect(createActor(dramMachine).start().getSnapshot().value).toEqual(createActor(machine).start().getSnapshot().value)
})
