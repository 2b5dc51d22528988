/** IOMMU | the parts of the chart that walk: one for each requester, and one for pages that nobody asked for. */

import {
  ignore,
  type Reference,
  type StateConfig,
  stall,
  type TransitionConfig,
  type Transitions,
} from '../../src/statechart/define.ts'
import type { SysmmuFault } from '../protocol.ts'
import { aheadWalker, type Found, usesAnyMatch } from './lookup.ts'
import type { IommuConfig } from './types.ts'

/** Message types with which this requester asks. */
export function requestsOf({
  accessPort,
  translatePort,
}: IommuConfig['requesters'][number]): ('read.req' | 'write.req' | 'translate.req')[] {
  return [
    ...(accessPort === undefined ? [] : (['read.req', 'write.req'] as const)),
    ...(translatePort === undefined ? [] : (['translate.req'] as const)),
  ]
}

/** Makes handlers for the types with which a requester asks: those of translated accesses first. */
export function onRequests(
  requester: IommuConfig['requesters'][number],
  which: number,
  then: readonly TransitionConfig[],
): Record<string, Transitions> {
  const pass = {
    guard: { type: 'isTranslated', params: { requester: which } },
    actions: `pass.${requester.from}`,
    description: 'it carries a physical address already', // HF-472
  }
  return Object.fromEntries(
    requestsOf(requester).map((type) => [type, type === 'translate.req' ? then : [pass, ...then]]),
  )
}

/** The walker of requester number `which`. */
export function walkerRegion(config: IommuConfig, which: number): StateConfig {
  const requester = config.requesters[which] as IommuConfig['requesters'][number]
  const { from } = requester
  const params = { requester: which, walker: which }
  const held = (name: string, more: object = {}): Reference => ({
    type: `${name}.${from}`,
    params: { ...params, ...more },
  })
  const act = (type: string, more: object = {}): Reference => ({ type, params: { ...params, ...more } })
  const when = (type: string, more: object = {}): Reference => ({ type, params: { ...params, ...more } })
  const interrupt = config.interruptLine === undefined ? [] : ['updateInterrupt']
  const at = (state: string): string => `#${config.id}.mmu.translating.walker-${from}.${state}`
  const idle = at('idle')
  const refused = (kind: SysmmuFault['kind'], before: readonly Reference[] = []): TransitionConfig => ({
    target: idle,
    actions: [...before, held('refuse', { kind }), act('endWalk'), ...interrupt],
  })
  const released = (actions: readonly Reference[]): TransitionConfig => ({
    target: idle,
    actions: [...actions, act('endWalk')],
  })
  const finds = (what: Found): Reference => when('finds', { what })

  const busy: TransitionConfig = { guard: when('isFrom'), ...stall('its walker is busy with an earlier request') }
  const found: TransitionConfig = {
    guard: when('isFrom'),
    target: 'finding',
    actions: [held('hold'), act('takeDomain')],
  }
  const start = [
    ...deviceTableFirst(config, when, [held('hold'), act('readDevice')]),
    ...(isKnown(config) ? [found] : []),
  ]
  // Questions meet neither rights nor the end of a page.
  const isAccess = requester.accessPort !== undefined
  /** The answer to the read at `level`; `further`: to the next. */
  const level = (number: 1 | 2, further: readonly TransitionConfig[]): StateConfig => {
    const enter = act('enter', { level: number })
    return {
      description: `the level-${number} descriptor is being read`,
      on: {
        'read.resp': [
          { guard: when('walkFailed'), ...refused('bus') },
          ...further,
          ...(isAccess ? [{ guard: when('leafDenied', { level: number }), ...refused('access', [enter]) }] : []),
          {
            guard: when('leafFound', { level: number }),
            ...released([enter, held('releaseWalked', { level: number })]),
          },
          { guard: when('isWalk'), ...refused('page', [enter]) },
        ],
      },
    }
  }
  const keep = config.walkCacheEntries > 0 ? [act('keepDescriptor')] : []
  const isAny = usesAnyMatch(config)
  const several: TransitionConfig = isAny ? { target: 'choosing' } : refused('multi-hit')
  const choosing: StateConfig = {
    description: 'several TLB entries match: any of them may be used',
    on: {
      'match.use': [
        { guard: when('chosen', { what: 'translation' }), ...released([held('releaseChosen')]) },
        ...(config.faultCache ? [{ guard: when('chosen', { what: 'nothing' }), ...refused('page') }] : []),
        ...(isAccess ? [{ guard: when('chosen', { what: 'denied' }), ...refused('access') }] : []),
        { guard: when('isChoice'), target: 'finding', description: 'they are gone meanwhile' },
      ],
    },
  }
  return {
    description: `translates for ${from}`,
    initial: 'idle',
    on: onRequests(requester, which, [busy]),
    states: {
      idle: { description: 'no request waits', on: onRequests(requester, which, start) },
      ...(config.deviceTable === undefined ? {} : { deviceTable: deviceTableState(at('finding'), when, act, refused) }),
      finding: {
        description: 'looks the request up, within the step in which it came this far',
        always: [
          { guard: finds('translation'), ...released([held('releaseHit')]) },
          ...(config.faultCache ? [{ guard: finds('nothing'), ...refused('page') }] : []),
          ...(isAccess ? [{ guard: finds('denied'), ...refused('access') }] : []),
          ...(isAccess ? [{ guard: finds('crossing'), ...refused('bus') }] : []),
          { guard: finds('several'), ...several },
          ...(config.walkCacheEntries > 0
            ? [{ guard: finds('kept'), target: 'walking.level2', actions: act('readLevel2Kept') }]
            : []),
          { target: 'walking', actions: act('readLevel1') },
        ],
      },
      walking: {
        description: 'a walk is under way: what it finds enters the TLB when it arrives',
        initial: 'level1',
        states: {
          level1: level(1, [
            { guard: when('tableFound'), target: 'level2', actions: [act('reportTable'), ...keep, act('readLevel2')] },
          ]),
          level2: level(2, []),
        },
      },
      ...(isAny ? { choosing } : {}),
    },
  }
}

/** Whether the domain of a requester may be known when it asks. */
function isKnown({ deviceTable }: IommuConfig): boolean {
  return deviceTable === undefined || deviceTable.kept
}

/** The way to the device table, where there is one: always, or if the entry is not kept. */
function deviceTableFirst(
  { deviceTable }: IommuConfig,
  when: (type: string) => Reference,
  actions: readonly Reference[],
): readonly TransitionConfig[] {
  if (deviceTable === undefined) return []
  return [{ guard: when(deviceTable.kept ? 'needsDevice' : 'isFrom'), target: 'deviceTable', actions }]
}

function deviceTableState(
  finding: string,
  when: (type: string) => Reference,
  act: (type: string) => Reference,
  refused: (kind: SysmmuFault['kind'], before?: readonly Reference[]) => TransitionConfig,
): StateConfig {
  return {
    description: 'the entry in the device table is being read, word by word',
    initial: 'word0',
    states: {
      word0: {
        description: 'word 0: the level-1 table, and whether the entry is valid',
        on: {
          'read.resp': [
            { guard: when('walkFailed'), ...refused('bus') },
            { guard: when('deviceValid'), target: 'word1', actions: [act('reportDevice'), act('takeRoot')] },
            { guard: when('isWalk'), ...refused('page', [act('reportDevice')]) },
          ],
        },
      },
      word1: {
        description: 'word 1: the domain',
        on: {
          'read.resp': [
            { guard: when('walkFailed'), ...refused('bus') },
            { guard: when('isWalk'), target: finding, actions: [act('reportDevice'), act('takeTag')] },
          ],
        },
      },
    },
  }
}

/** The walker that looks ahead: what it does not find is no fault. */
export function aheadRegion(config: IommuConfig): StateConfig {
  const params = { walker: aheadWalker(config) }
  const act = (type: string, more: object = {}): Reference => ({ type, params: { ...params, ...more } })
  const when = (type: string): Reference => ({ type, params })
  const idle = `#${config.id}.mmu.translating.ahead.idle`
  const keep = config.walkCacheEntries > 0 ? [act('keepDescriptor')] : []
  const over = (level: 1 | 2): readonly TransitionConfig[] => [
    { guard: when('isWalk'), target: idle, actions: [act('enter', { level }), act('endWalk')] },
  ]
  const failed: TransitionConfig = { guard: when('walkFailed'), target: idle, actions: act('endWalk') }
  const kept = { guard: 'prefetchKept', target: 'walking.level2', actions: ['lookAhead', act('readLevel2Kept')] }
  return {
    description: 'looks ahead for pages that no request has asked for',
    initial: 'idle',
    states: {
      idle: {
        description: 'no such page is looked for',
        on: {
          'tlb.prefetch': [
            ...(config.walkCacheEntries > 0 ? [kept] : []),
            { guard: 'prefetchUseful', target: 'walking', actions: ['lookAhead', act('readLevel1')] },
            ignore('the page is translated already, or whose tables are to be used is not known'),
          ],
        },
      },
      walking: {
        description: 'a walk is under way that no request has asked for',
        initial: 'level1',
        on: { 'tlb.prefetch': stall('one page after the other') },
        states: {
          level1: {
            description: 'the level-1 descriptor is being read',
            on: {
              'read.resp': [
                failed,
                {
                  guard: when('tableFound'),
                  target: 'level2',
                  actions: [act('reportTable'), ...keep, act('readLevel2')],
                },
                ...over(1),
              ],
            },
          },
          level2: {
            description: 'the level-2 descriptor is being read',
            on: { 'read.resp': [failed, ...over(2)] },
          },
        },
      },
    },
  }
}
