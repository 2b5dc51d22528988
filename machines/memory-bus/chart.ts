/** Memory bus | the chart, generated from the configuration: one region per lane, holes at the root. */

import {
  ignore,
  type StateConfig,
  stall,
  type TransitionConfig,
  type Transitions,
} from '../../src/statechart/define.ts'
import type { Places } from './guards.ts'
import type { InitiatorConfig, LaneConfig, MemoryBusConfig, Request, Response } from './types.ts'

type On = Record<string, Transitions>

/** Request types that an initiator may send, and their responses. */
export function requestsOf(initiator: Pick<InitiatorConfig, 'access'>): readonly Request['type'][] {
  if (initiator.access === 'registers') return ['reg.read.req', 'reg.write.req']
  if (initiator.access === 'write') return ['write.req']
  return initiator.access === 'read' ? ['read.req'] : ['read.req', 'write.req']
}

/** Response type of a request type. */
export function responseTo(request: Request['type']): Response['type'] {
  return request.replace(/req$/, 'resp') as Response['type']
}

/** Request types that the targets of a lane take. */
export function requestsIn(lane: Pick<LaneConfig, 'kind'>): readonly Request['type'][] {
  return lane.kind === 'registers' ? ['reg.read.req', 'reg.write.req'] : ['read.req', 'write.req']
}

/** Every request type that some initiator may send or some target takes. */
export function requestTypes(config: MemoryBusConfig): readonly Request['type'][] {
  const types = new Set([...config.initiators.flatMap(requestsOf), ...config.lanes.flatMap(requestsIn)])
  return [...types].sort()
}

/** The chart of the bus. */
export function memoryBusChart(config: MemoryBusConfig): StateConfig {
  const regions: Record<string, StateConfig> = {}
  config.lanes.forEach((lane, at) => {
    regions[lane.name] = laneRegion(config, lane, at)
  })
  const on: On = {}
  for (const request of requestTypes(config)) {
    on[request] = [...refusals(config, request), ignore('no initiator has this id, so there is nobody to answer')]
    on[responseTo(request)] = ignore('no transaction of this id is under way at this address')
  }
  return {
    description: 'a crossbar: lanes work in parallel, each initiator has its own way back',
    type: 'parallel',
    states: regions,
    on,
  }
}

function refusals(config: MemoryBusConfig, request: Request['type']): TransitionConfig[] {
  return usersOf(config, request).map(({ port, initiator }) => ({
    guard: { type: 'isOwned', params: { initiator } },
    actions: `refuse.${port}`,
  }))
}

interface User {
  readonly port: string
  /** Place in the configuration. */
  readonly initiator: number
}

/** The initiators that may send `request`. */
function usersOf(config: MemoryBusConfig, request: Request['type']): User[] {
  return config.initiators.flatMap((each, initiator) =>
    requestsOf(each).includes(request) ? [{ port: each.port, initiator }] : [],
  )
}

function laneRegion(config: MemoryBusConfig, lane: LaneConfig, at: number): StateConfig {
  const free: On = {}
  const full: On = {}
  for (const request of requestsIn(lane)) {
    const users = usersOf(config, request)
    if (users.length === 0) continue
    const posted = request === 'reg.write.req' && lane.postsWrites
    const response = responseTo(request)
    free[request] = accept(lane, at, posted ? users : [])
    full[request] = park(at, posted ? users : [])
    free[response] = answer(at, posted ? [] : users)
    full[response] = answerAndGrant(lane, at, posted ? [] : users)
  }
  return {
    description: `the way to ${lane.targets.map((target) => target.port).join(', ')}: at most ${lane.outstanding} under way`,
    initial: 'free',
    states: {
      free: { description: 'takes requests as they come; nobody waits', on: free },
      full: { description: 'takes none until one is answered; an initiator may have one request waiting', on: full },
    },
  }
}

const any = -1
const limitReached = 'the initiator has as many transactions under way as it may'
const placeTaken = 'the lane is full and an earlier request of this initiator waits, or it may have no more'

/** Forwards a request. A posted write is also answered, so there is a candidate for each of its `posters`. */
function accept(lane: LaneConfig, at: number, posters: readonly User[]): Transitions {
  const candidates = lane.targets.flatMap(({ port }, target): TransitionConfig[] =>
    sources(posters).flatMap(({ initiator, post }): TransitionConfig[] => {
      const params: Places = { lane: at, target, initiator }
      const actions = [...post, { type: `forward.${port}`, params }]
      return [
        { guard: { type: 'accepts', params }, actions },
        { guard: { type: 'acceptsLast', params }, target: 'full', actions },
      ]
    }),
  )
  return [...candidates, { guard: { type: 'isAddressed', params: anywhereIn(at) }, ...stall(limitReached) }]
}

/** Lets a request wait; a posted write is answered already now. */
function park(at: number, posters: readonly User[]): Transitions {
  const candidates = sources(posters).map(({ initiator, post }): TransitionConfig => {
    const params: Places = { lane: at, target: any, initiator }
    return { guard: { type: 'parks', params }, actions: [...post, { type: 'park', params }] }
  })
  return [...candidates, { guard: { type: 'isAddressed', params: anywhereIn(at) }, ...stall(placeTaken) }]
}

/** Hands the response to its initiator; the response to a posted write ends here. */
function answer(at: number, users: readonly User[]): Transitions {
  return receivers(at, users).map(({ params, action }) => ({ guard: { type: 'answers', params }, actions: action }))
}

/** As `answer`, and the place goes to the next that waits, or the lane has room again. */
function answerAndGrant(lane: LaneConfig, at: number, users: readonly User[]): Transitions {
  return receivers(at, users).flatMap(({ params, action }): TransitionConfig[] => [
    ...lane.targets.map(({ port }, target): TransitionConfig => {
      const granted = { ...params, target }
      return {
        guard: { type: 'answersAndGrants', params: granted },
        actions: [action, { type: `grant.${port}`, params: granted }],
      }
    }),
    { guard: { type: 'answers', params }, target: 'free', actions: [action, { type: 'rest', params }] },
  ])
}

function anywhereIn(lane: number): Places {
  return { lane, target: any, initiator: any }
}

function sources(posters: readonly User[]): { readonly initiator: number; readonly post: readonly string[] }[] {
  if (posters.length === 0) return [{ initiator: any, post: [] }]
  return posters.map(({ port, initiator }) => ({ initiator, post: [`post.${port}`] }))
}

function receivers(at: number, users: readonly User[]) {
  if (users.length === 0) return [{ params: anywhereIn(at), action: { type: 'settle', params: anywhereIn(at) } }]
  return users.map(({ port, initiator }) => {
    const params: Places = { lane: at, target: any, initiator }
    return { params, action: { type: `answer.${port}`, params } }
  })
}
