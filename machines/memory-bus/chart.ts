/** Memory bus | the chart, generated from the configuration: one region per target, holes at the root. */

import {
  ignore,
  type StateConfig,
  stall,
  type TransitionConfig,
  type Transitions,
} from '../../src/statechart/define.ts'
import type { PairParams, TargetParams } from './guards.ts'
import type { InitiatorConfig, MemoryBusConfig, Request, Response, TargetConfig } from './types.ts'

type On = Record<string, Transitions>

/** Request types that an initiator may send, and their responses. */
export function requestsOf(initiator: Pick<InitiatorConfig, 'access'>): readonly Request['type'][] {
  if (initiator.access === 'registers') return ['reg.read.req', 'reg.write.req']
  return initiator.access === 'read' ? ['read.req'] : ['read.req', 'write.req']
}

/** Response type of a request type. */
export function responseTo(request: Request['type']): Response['type'] {
  return request.replace(/req$/, 'resp') as Response['type']
}

/** Request types that a target takes. */
export function requestsAt(target: Pick<TargetConfig, 'kind'>): readonly Request['type'][] {
  return target.kind === 'registers' ? ['reg.read.req', 'reg.write.req'] : ['read.req', 'write.req']
}

/** The chart of the bus. */
export function memoryBusChart(config: MemoryBusConfig): StateConfig {
  const regions: Record<string, StateConfig> = {}
  config.targets.forEach((target, index) => {
    const { base, bytes, outstanding } = target
    regions[target.port] = targetRegion(config, target, {
      index,
      base,
      bytes,
      outstanding,
    })
  })
  const on: On = {}
  for (const request of requestTypes(config)) {
    on[request] = [...refusals(config, request), ignore('no initiator has this id, so there is nobody to answer')]
    on[responseTo(request)] = ignore('no transaction of this id is under way at this address')
  }
  return {
    description: 'a crossbar: targets work in parallel, each initiator has its own way back',
    type: 'parallel',
    states: regions,
    on,
  }
}

/** Every request type that some initiator may send or some target takes. */
export function requestTypes(config: MemoryBusConfig): readonly Request['type'][] {
  const types = new Set([...config.initiators.flatMap(requestsOf), ...config.targets.flatMap(requestsAt)])
  return [...types].sort()
}

function refusals(config: MemoryBusConfig, request: Request['type']): TransitionConfig[] {
  return config.initiators.flatMap((initiator, at) =>
    requestsOf(initiator).includes(request)
      ? [
          {
            guard: { type: 'owned', params: { initiator: at } },
            actions: `refuse.${initiator.port}`,
          },
        ]
      : [],
  )
}

function targetRegion(config: MemoryBusConfig, target: TargetConfig, params: TargetParams): StateConfig {
  const free: On = {}
  const full: On = {}
  for (const request of requestsAt(target)) {
    const users = usersOf(config, request, params)
    if (users.length === 0) continue
    const posted = request === 'reg.write.req' && config.features.postedDeviceWrites
    free[request] = posted ? acceptPosted(target, users) : accept(target, params)
    full[request] = posted ? parkPosted(users, params) : park(params)
    free[responseTo(request)] = posted ? settle(params) : answer(users)
    full[responseTo(request)] = posted ? settleAndGrant(target, params) : answerAndGrant(target, users, params)
  }
  return {
    description: `transactions at ${target.port}, at most ${target.outstanding} under way`,
    initial: 'free',
    states: {
      free: {
        description: 'takes requests as they come; nobody waits',
        on: free,
      },
      full: {
        description: 'takes none until one is answered; an initiator may have one request waiting',
        on: full,
      },
    },
  }
}

interface User {
  readonly port: string
  readonly params: PairParams
}

/** The initiators that may send `request`. */
function usersOf(config: MemoryBusConfig, request: Request['type'], params: TargetParams): User[] {
  return config.initiators.flatMap((initiator, at) =>
    requestsOf(initiator).includes(request) ? [{ port: initiator.port, params: { ...params, initiator: at } }] : [],
  )
}

const limitReached = 'the initiator has as many transactions under way as it may'
const placeTaken = 'the target is full and an earlier request of this initiator waits, or it may have no more'

function accept({ port }: TargetConfig, params: TargetParams): Transitions {
  const actions = { type: `forward.${port}`, params }
  return [
    { guard: { type: 'accepts', params }, actions },
    { guard: { type: 'acceptsLast', params }, target: 'full', actions },
    { guard: { type: 'addressed', params }, ...stall(limitReached) },
  ]
}

function acceptPosted(target: TargetConfig, users: readonly User[]): Transitions {
  const params = users[0]?.params as PairParams
  const candidates = users.flatMap((user): TransitionConfig[] => {
    const actions = [`post.${user.port}`, { type: `forward.${target.port}`, params: user.params }]
    return [
      { guard: { type: 'acceptsFrom', params: user.params }, actions },
      {
        guard: { type: 'acceptsLastFrom', params: user.params },
        target: 'full',
        actions,
      },
    ]
  })
  return [...candidates, { guard: { type: 'addressed', params }, ...stall(limitReached) }]
}

function park(params: TargetParams): Transitions {
  return [
    { guard: { type: 'parks', params }, actions: { type: 'park', params } },
    { guard: { type: 'addressed', params }, ...stall(placeTaken) },
  ]
}

function parkPosted(users: readonly User[], params: TargetParams): Transitions {
  return [
    ...users.map((user) => ({
      guard: { type: 'parksFrom', params: user.params },
      actions: [`post.${user.port}`, { type: 'park', params: user.params }],
    })),
    { guard: { type: 'addressed', params }, ...stall(placeTaken) },
  ]
}

function answer(users: readonly User[]): Transitions {
  return users.map(({ port, params }) => ({
    guard: { type: 'answers', params },
    actions: { type: `answer.${port}`, params },
  }))
}

function answerAndGrant(target: TargetConfig, users: readonly User[], own: TargetParams): Transitions {
  return users.flatMap(({ port, params }): TransitionConfig[] => {
    const answered = { type: `answer.${port}`, params }
    return [
      {
        guard: { type: 'answersAndGrants', params },
        actions: [answered, { type: `grant.${target.port}`, params: own }],
      },
      {
        guard: { type: 'answers', params },
        target: 'free',
        actions: [answered, { type: 'rest', params: own }],
      },
    ]
  })
}

function settle(params: TargetParams): Transitions {
  return [{ guard: { type: 'settles', params }, actions: { type: 'settle', params } }]
}

function settleAndGrant({ port }: TargetConfig, params: TargetParams): Transitions {
  const settled = { type: 'settle', params }
  return [
    {
      guard: { type: 'settlesAndGrants', params },
      actions: [settled, { type: `grant.${port}`, params }],
    },
    {
      guard: { type: 'settles', params },
      target: 'free',
      actions: [settled, { type: 'rest', params }],
    },
  ]
}
