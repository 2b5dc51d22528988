/** IOMMU | the chart: off, translating with a walker for each requester, blocked; the executor of commands beside them. */

import {
  ignore,
  type Reference,
  type StateConfig,
  stall,
  type TransitionConfig,
  type Transitions,
} from '../../src/statechart/define.ts'
import type { Asked } from './guards.ts'
import { usesAnyMatch } from './lookup.ts'
import { iommuStatus } from './regs.ts'
import type { IommuConfig } from './types.ts'
import { aheadRegion, onRequests, requestsOf, walkerRegion } from './walk-chart.ts'

/** The chart of an IOMMU. */
export function iommuChart(config: IommuConfig): StateConfig {
  const interrupt = config.interruptLine === undefined ? [] : ['updateInterrupt']
  const answers = config.requesters.flatMap(({ from, accessPort }, requester): TransitionConfig[] =>
    accessPort === undefined ? [] : [{ guard: { type: 'answers', params: { requester } }, actions: `answer.${from}` }],
  )
  const nobody = ignore('no requester has this name')
  return {
    description: 'an IOMMU between devices or cores and memory',
    type: 'parallel',
    states: {
      mmu: mmuRegion(config),
      commands: commandRegion(config),
      ...(config.interruptLine === undefined ? {} : { interrupt: interruptRegion() }),
    },
    on: {
      ...Object.fromEntries(requestTypes(config).map((type) => [type, nobody])),
      'read.resp': [...answers, ignore('no walk is under way that it could be for')],
      ...(takesWriteResponses(config) ? { 'write.resp': [...answers, ignore('no such write is under way')] } : {}),
      'reg.read.req': { actions: { type: 'answerRead', params: { set: 0 } } },
      'reg.write.req': [
        { guard: 'setsRoot', actions: ['acknowledgeWrite', 'storeRoot'] },
        { guard: 'clearsFaults', actions: ['acknowledgeWrite', 'clearFaults', ...interrupt] },
        { actions: 'acknowledgeWrite', description: 'there is no such register, or it cannot be written' },
      ],
      'tlb.drop': [{ guard: 'dropPossible', actions: 'dropEntry' }, ignore('there is no such entry')],
      ...(keepsMore(config)
        ? { 'kept.drop': [{ guard: 'keptDropPossible', actions: 'dropKept' }, ignore('there is no such thing')] }
        : {}),
      ...(usesAnyMatch(config)
        ? { 'match.use': stall('no request of this requester has several entries to choose from') }
        : {}),
      ...(hasAnswers(config) ? { 'atc.done': ignore('nothing was asked') } : {}),
      ...(config.power ? { 'power.on': ignore('the domain is up') } : {}),
    },
  }
}

/** Message types with which some requester asks. */
export function requestTypes({ requesters }: IommuConfig): string[] {
  return [...new Set(requesters.flatMap(requestsOf))]
}

/** Whether something is kept besides the TLB. */
export function keepsMore({ walkCacheEntries, deviceTable }: IommuConfig): boolean {
  return walkCacheEntries > 0 || deviceTable?.kept === true
}

/** Whether somebody answers invalidations. */
export function hasAnswers({ requesters }: IommuConfig): boolean {
  return requesters.some(({ keeps }) => keeps !== undefined)
}

/** Whether it looks ahead. */
export function looksAhead({ features, prefetchPages, tlbEntries }: IommuConfig): boolean {
  return features.tlbPrefetch && prefetchPages.length > 0 && tlbEntries > 0
}

function takesWriteResponses(config: IommuConfig): boolean {
  return requestTypes(config).includes('write.req') || config.slots.length > 0
}

function interruptRegion(): StateConfig {
  return {
    description: 'the interrupt line',
    initial: 'low',
    states: {
      low: {
        description: 'no fault bit is set',
        on: {
          'interrupt.update': [
            { guard: 'interruptDue', target: 'high', actions: 'raiseInterrupt' },
            ignore('the line is low already'),
          ],
        },
      },
      high: {
        description: 'a fault waits for the driver',
        on: {
          'interrupt.update': [
            { guard: 'interruptOver', target: 'low', actions: 'lowerInterrupt' },
            ignore('the line is high already'),
          ],
        },
      },
    },
  }
}

function mmuRegion(config: IommuConfig): StateConfig {
  const at = (path: string): string => `#${config.id}.mmu.${path}`
  return {
    description: 'address translation as CTRL has set it',
    initial: config.power === 'off' ? 'unpowered' : config.enabled ? 'translating' : 'off',
    states: {
      off: offState(config, at),
      translating: translatingState(config, at),
      blocked: blockedState(config, at),
      ...(config.power ? { unpowered: unpoweredState(config, at) } : {}),
    },
  }
}

/** Lists for each request type; `of` gives those of one requester, `last` what holds for all. */
function forRequests(
  config: IommuConfig,
  of: (which: number) => readonly TransitionConfig[],
  last: readonly TransitionConfig[] = [],
): Record<string, Transitions> {
  const lists: Record<string, TransitionConfig[]> = {}
  config.requesters.forEach((requester, which) => {
    for (const [type, list] of Object.entries(onRequests(requester, which, of(which)))) {
      lists[type] = [...(lists[type] ?? []), ...(list as readonly TransitionConfig[])]
    }
  })
  return Object.fromEntries(Object.entries(lists).map(([type, list]) => [type, [...list, ...last]]))
}

/** The power may go where no walk is under way. */
function goesDown({ power, interruptLine }: IommuConfig, at: (path: string) => string): Record<string, Transitions> {
  const interrupt = interruptLine === undefined ? [] : ['updateInterrupt']
  return power ? { 'power.off': { target: at('unpowered'), actions: ['loseState', ...interrupt] } } : {}
}

function offState(config: IommuConfig, at: (path: string) => string): StateConfig {
  return {
    description: 'CTRL bit 0 is clear: every address is taken as physical',
    on: {
      ...forRequests(config, (requester) => [
        {
          guard: { type: 'isFrom', params: { requester } },
          actions: `bypass.${config.requesters[requester]?.from}`,
        },
      ]),
      'reg.write.req': [
        { guard: 'disables', actions: 'acknowledgeWrite' },
        { guard: 'blocks', target: at('blocked'), actions: 'acknowledgeWrite' },
        { guard: 'enables', target: at('translating'), actions: 'acknowledgeWrite' },
      ],
      ...(looksAhead(config) ? { 'tlb.prefetch': stall('the IOMMU is off') } : {}),
      ...goesDown(config, at),
    },
  }
}

function translatingState(config: IommuConfig, at: (path: string) => string): StateConfig {
  const walkers = config.requesters.map(({ from }, which) => [`walker-${from}`, walkerRegion(config, which)] as const)
  return {
    description: 'CTRL has enabled translation; every requester has a walker',
    type: 'parallel',
    states: {
      gate: gateRegion(config, at),
      ...Object.fromEntries(walkers),
      ...(looksAhead(config) ? { ahead: aheadRegion(config) } : {}),
    },
  }
}

/** What CTRL asks for holds when no walk is under way; until then requests wait, so that this comes: HF-478. */
function gateRegion(config: IommuConfig, at: (path: string) => string): StateConfig {
  const closing = (description: string, why: string, target: string): StateConfig => {
    const untranslated = { guard: 'needsTranslation', ...stall(why) }
    const stalled = requestTypes(config).map((type) => [type, type === 'translate.req' ? stall(why) : untranslated])
    return {
      description,
      on: {
        ...Object.fromEntries(stalled),
        'reg.write.req': { guard: 'isControl', ...stall(why) },
        ...(looksAhead(config) ? { 'tlb.prefetch': stall(why) } : {}),
        ...(config.power ? { 'power.off': stall('the domain stays up until no walk is under way') } : {}),
      },
      always: { guard: 'noWalk', target: at(target), actions: 'answerControl' },
    }
  }
  return {
    description: 'whether requests may come in',
    initial: 'open',
    states: {
      open: {
        description: 'they may',
        on: {
          'reg.write.req': [
            { guard: 'disables', target: 'disabling', actions: 'takeControl' },
            { guard: 'blocks', target: 'blocking', actions: 'takeControl' },
            { guard: 'enables', actions: 'acknowledgeWrite' },
          ],
          ...(config.power
            ? {
                'power.off': [
                  { guard: 'walkUnderWay', ...stall('the domain stays up until no walk is under way') },
                  goesDown(config, at)['power.off'] as TransitionConfig,
                ],
              }
            : {}),
        },
      },
      disabling: closing('waits for walks before it is off', 'the IOMMU is about to be off', 'off'),
      blocking: closing('waits for walks before it is blocked', 'the IOMMU is about to be blocked', 'blocked'),
    },
  }
}

function blockedState(config: IommuConfig, at: (path: string) => string): StateConfig {
  const waits = stall('the IOMMU is blocked')
  return {
    description: 'STATUS says blocked: nothing is translated and no walk is under way',
    on: {
      ...forRequests(config, () => [], [waits]),
      'reg.read.req': {
        guard: 'readsStatus',
        actions: { type: 'answerRead', params: { set: iommuStatus.blocked } },
      },
      'reg.write.req': [
        { guard: 'disables', target: at('off'), actions: 'acknowledgeWrite' },
        { guard: 'blocks', actions: 'acknowledgeWrite' },
        { guard: 'enables', target: at('translating'), actions: 'acknowledgeWrite' },
      ],
      ...(looksAhead(config) ? { 'tlb.prefetch': waits } : {}),
      ...goesDown(config, at),
    },
  }
}

/** Nothing works without power; the controller answers for the registers: HF-479. */
function unpoweredState(config: IommuConfig, at: (path: string) => string): StateConfig {
  const dead = stall('the power domain is down')
  const types = [
    ...requestTypes(config),
    'reg.read.req',
    'reg.write.req',
    ...(looksAhead(config) ? ['tlb.prefetch'] : []),
  ]
  return {
    description: 'the power domain is down: registers, caches and commands are lost',
    on: {
      ...Object.fromEntries(types.map((type) => [type, dead])),
      'power.on': at('off'),
      'power.off': ignore('the domain is down already'),
    },
  }
}

// --- Commands ---------------------------------------------------------------------------------------------------------------

/** How each command begins, when it is written or when its turn comes; `take` takes it. */
function beginnings(config: IommuConfig, at: (path: string) => string, take: string): TransitionConfig[] {
  const begin = (asked: Asked, target: string, then: readonly Reference[]): TransitionConfig => ({
    guard: { type: 'begins', params: asked },
    target: at(`executing.${target}`),
    actions: [take, ...then],
  })
  const devices = config.requesters.flatMap(({ from, keeps }, index) =>
    keeps === 'atc' ? [begin({ ops: ['atc'], index }, 'device', [`invalidateAtc.${from}`])] : [],
  )
  return [
    begin({ ops: ['page', 'all', 'tag', 'walks', 'device'] }, 'walks', ['awaitWalks']),
    begin({ ops: ['sync', 'status'] }, 'accesses', ['awaitAccesses']),
    ...devices,
  ]
}

/** Executes commands one after the other. */
function commandRegion(config: IommuConfig): StateConfig {
  const at = (path: string): string => `#${config.id}.commands.${path}`
  const isQueued = config.queueEntries > 0
  const toQueue: Transitions = [
    { guard: 'queueFull', ...stall('the queue is full') },
    { guard: 'isCommand', actions: ['acknowledgeWrite', 'enqueue'] },
  ]
  const resting: Record<string, Transitions> = isQueued
    ? {
        'reg.write.req': toQueue,
        'command.execute': [...beginnings(config, at, 'takeOldest'), stall('no command waits')],
      }
    : { 'reg.write.req': beginnings(config, at, 'takeCommand') }
  const whileBusy: Record<string, Transitions> = isQueued
    ? { 'reg.write.req': toQueue, 'command.execute': stall('one command after the other') }
    : { 'reg.write.req': { guard: 'isCommand', ...stall('an earlier command is not complete') } }
  return {
    description: 'the executor of commands',
    initial: 'resting',
    states: {
      resting: { description: 'no command is executed', on: resting },
      executing: {
        description: 'a command is executed',
        initial: 'walks',
        on: {
          ...whileBusy,
          ...(config.power ? { 'power.off': stall('the domain stays up until the command is complete') } : {}),
        },
        states: executing(config, at),
      },
    },
  }
}

function executing(config: IommuConfig, at: (path: string) => string): Record<string, StateConfig> {
  const done: TransitionConfig = { target: at('resting'), actions: 'finishCommand' }
  const cores = config.requesters.filter(({ keeps }) => keeps === 'core').length
  const isDirect = config.queueEntries === 0
  /** After the invalidation: a command without a queue is also its own sync. */
  const last: TransitionConfig = isDirect ? { target: at('executing.accesses'), actions: 'awaitAccesses' } : done
  const told: TransitionConfig = cores > 0 ? { target: at('executing.cores'), actions: 'tellCores' } : last
  const answers: StateConfig = {
    description: 'waits until every core is done with what it has translated before',
    on: {
      'atc.done': [
        { ...(cores > 1 ? { guard: 'isLastAnswer' } : {}), ...last, actions: ['countAnswer', last.actions as string] },
        ...(cores > 1 ? [{ actions: 'countAnswer' }] : []),
      ],
    },
  }
  const status: StateConfig = {
    description: 'the status word is on its way to memory',
    on: { 'write.resp': { guard: 'isStatusWrite', ...done } },
  }
  return {
    walks: {
      description: 'waits for walks that began before, then invalidates',
      always: { guard: 'walksOver', ...told, actions: ['invalidate', told.actions as string] },
    },
    accesses: {
      description: 'waits for translated accesses that have no answer yet',
      always: [
        ...(config.slots.length > 0
          ? [{ guard: 'statusDue', target: at('executing.status'), actions: 'writeStatus' }]
          : []),
        { guard: 'accessesOver', ...done },
      ],
    },
    ...(cores > 0 ? { cores: answers } : {}),
    ...(config.slots.length > 0 ? { status } : {}),
    ...(config.requesters.some(({ keeps }) => keeps === 'atc')
      ? { device: { description: "waits for the device's translation cache", on: { 'atc.done': done } } }
      : {}),
  }
}
