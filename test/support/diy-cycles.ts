/** Support | random cycles of edges, most of which close: communications joined by orders that fit. */

import fc from 'fast-check'
import { allCommunications, allSteps, type Communication, dependencies } from '../../src/litmus/diy/edges.ts'

const onData = allCommunications.filter(({ from, to, agents }) => {
  return agents !== undefined && from.touched === 'data' && to.touched === 'data' && from.direction && to.direction
})
const coreSteps = allSteps.filter((step) => !['Fence', 'TLBI', 'TLBIAll', 'Sync'].includes(step))

/** What may stand between two accesses of an agent: the name of an order. */
function orderBetween(before: Communication, after: Communication, place: 's' | 'd'): fc.Arbitrary<string> {
  const [source, target] = [before.to.direction, after.from.direction]
  const plain = (chain: readonly string[]) => `${chain.length === 0 ? 'Po' : chain.join('.')}${place}${source}${target}`
  if (before.agents?.[1] === 'device') return fc.constantFrom([], ['Fence']).map(plain)
  const dependent = (Object.keys(dependencies) as (keyof typeof dependencies)[]).filter((name) => {
    const only = dependencies[name].direction
    return source === 'R' && (only === undefined || only === target)
  })
  return fc.oneof(
    fc.array(fc.constantFrom(...coreSteps), { maxLength: 2 }).map(plain),
    ...(dependent.length > 0 ? [fc.constantFrom(...dependent).map((name) => `${name}${place}${target}`)] : []),
  )
}

/** Two to four communications between agents; where one ends in the agent that the next begins in, an order joins them. */
export const closingCycles: fc.Arbitrary<string> = fc
  .array(fc.constantFrom(...onData), { minLength: 2, maxLength: 4 })
  .map((chain) => {
    // Each begins in the kind of agent that the one before ends in.
    const fitting: Communication[] = []
    for (const one of chain) {
      const kind = fitting.at(-1)?.agents?.[1]
      fitting.push(kind === undefined || one.agents?.[0] === kind ? one : swapped(one, kind))
    }
    const [first, last] = [fitting[0] as Communication, fitting.at(-1) as Communication]
    const back = first.agents?.[0]
    return last.agents?.[1] === back ? fitting : [...fitting.slice(0, -1), withEnds(last, last.agents?.[0], back)]
  })
  .filter((chain) => chain.filter(({ agents }) => agents?.[0] === 'device').length <= 2)
  .chain((chain) => {
    const orders = chain.map((before, index) =>
      orderBetween(before, chain[(index + 1) % chain.length] as Communication, 'd'),
    )
    return fc.tuple(...orders).map((names) => chain.map(({ name }, index) => `${name} ${names[index]}`).join(' '))
  })

function swapped(one: Communication, kind: 'core' | 'device'): Communication {
  return withEnds(one, kind, one.agents?.[1])
}

/** The same relation between other agents. */
function withEnds(one: Communication, from: string | undefined, to: string | undefined): Communication {
  const found = onData.find(
    ({ relation, agents }) => relation === one.relation && agents?.[0] === from && agents?.[1] === to,
  )
  return found ?? (onData.find(({ agents }) => agents?.[0] === from && agents?.[1] === to) as Communication)
}
