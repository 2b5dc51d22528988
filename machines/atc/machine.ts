/** ATC | a device's own translation cache, filled from the IOMMU that it sits behind. */

/**
 *   device.bus ───────device────▶ ┌───────────────────────────┐ ──bus────────▶ IOMMU, one port for accesses and questions
 *   device.translate ─translate─▶ │ translations, an access    │
 *   IOMMU ────────────invalidate▶ │ that waits, those under way│ ──invalidate─▶ IOMMU: done
 *                                 └───────────────────────────┘
 *
 * Facts: HF-464, HF-470 to HF-472. Accesses that it has translated carry their physical address and are marked so; the IOMMU
 * lets them pass. An invalidation is answered when the accesses that used what it names have been answered.
 *
 * Left out: page requests, several address spaces of one device, more than one question at a time.
 */

import { defineMachine, ignore, type MachineDefinition, type StateConfig, stall } from '../../src/statechart/define.ts'
import { defaultFeatures } from '../features.ts'
import { litmus } from '../geometry.ts'
import { noRequest } from '../iommu/held.ts'
import { emptyTlb } from '../iommu/tlb.ts'
import { atcActions, atcGuards } from './actions.ts'
import type { AtcConfig, AtcContext } from './types.ts'

export type { AtcConfig, AtcContext, AtcMessage } from './types.ts'

// --- States -----------------------------------------------------------------------------------------------------------------

function requestRegion(id: string, types: readonly string[]): StateConfig {
  const at = (path: string): string => `#${id}.requests.${path}`
  const refused = (kind: 'page' | 'access') => ({
    target: at('idle'),
    actions: { type: 'refuseHeld', params: { kind } },
  })
  const question = [
    { guard: 'knows', actions: 'forwardKnown' },
    { target: 'asking', actions: ['hold', 'ask'] },
  ]
  const passed = { guard: 'isTranslated', actions: 'forwardTranslated' }
  const crossing = { guard: 'crosses', actions: { type: 'refuse', params: { kind: 'bus' } } }
  const denied = { guard: 'denies', actions: { type: 'refuse', params: { kind: 'access' } } }
  const busy = stall('an earlier request waits for its translation')
  return {
    description: 'requests of the device',
    initial: 'idle',
    states: {
      idle: {
        description: 'none waits for a translation',
        on: {
          'read.req': [passed, crossing, ...question],
          'write.req': [passed, crossing, denied, ...question],
          ...(types.includes('translate.req') ? { 'translate.req': question } : {}),
          'translate.resp': ignore('nothing was asked'),
        },
      },
      asking: {
        description: 'the IOMMU has been asked; later requests wait',
        initial: 'fresh',
        on: Object.fromEntries(types.map((type) => [type, busy])),
        states: {
          fresh: {
            description: 'the answer will be used',
            on: {
              'translate.resp': [
                { guard: 'grants', target: at('idle'), actions: ['enter', 'release'] },
                {
                  guard: 'found',
                  ...refused('access'),
                  actions: ['enter', { type: 'refuseHeld', params: { kind: 'access' } }],
                },
                refused('page'),
              ],
              // Whatever it names: how much the answer will cover is not known yet.
              'atc.invalidate': 'overtaken',
            },
          },
          overtaken: {
            description: 'an invalidation came in between: the answer may be older, so it is not used',
            on: { 'translate.resp': { target: 'fresh', actions: 'ask' } }, // HF-471
          },
        },
      },
    },
  }
}

const invalidationRegion: StateConfig = {
  description: 'invalidations by the IOMMU',
  initial: 'idle',
  states: {
    idle: {
      description: 'none is under way',
      on: { 'atc.invalidate': { target: 'waiting', actions: 'invalidate' } },
    },
    waiting: {
      description: 'accesses that used what was named are still under way',
      on: { 'atc.invalidate': stall('one after the other') },
      always: { guard: 'accessesOver', target: 'idle', actions: 'answerDone' }, // HF-470
    },
  },
}

// --- Export -----------------------------------------------------------------------------------------------------------------

export function defineAtc(config: AtcConfig): MachineDefinition {
  const { id, entries, translates, features } = config
  const types = ['read.req', 'write.req', ...(translates ? ['translate.req'] : [])]
  return defineMachine<AtcContext, never>({
    id,
    description: 'keeps translations inside a device, and translates its accesses',
    inPorts: {
      device: ['read.req', 'write.req'],
      ...(translates ? { translate: ['translate.req'] } : {}),
      bus: ['read.resp', 'write.resp', 'translate.resp'],
      invalidate: ['atc.invalidate'],
    },
    outPorts: {
      device: ['read.resp', 'write.resp'],
      ...(translates ? { translate: ['translate.resp'] } : {}),
      bus: ['read.req', 'write.req', 'translate.req'],
      invalidate: ['atc.done'],
    },
    events: {
      'read.req': 'the device reads at an IO address',
      'write.req': 'the device writes at an IO address',
      ...(translates ? { 'translate.req': 'the device asks for a translation without an access' } : {}),
      'read.resp': 'memory answers a read',
      'write.resp': 'memory answers a write',
      'translate.resp': 'the IOMMU answers',
      'atc.invalidate': 'translations are to be given up',
      'tlb.drop': 'an entry vanishes',
    },
    spontaneous: features.deviceTlbEviction
      ? {
          'tlb.drop': {
            description: 'any entry may vanish at any moment',
            kind: 'may',
            domain: entries,
            when: (ctx, value) => value < ctx.tlb.entries.length,
          },
        }
      : {},
    context: () => ({ tlb: emptyTlb(), held: noRequest(), outstanding: [] }),
    guards: atcGuards(config),
    actions: atcActions(config),
    chart: {
      description: 'a translation cache inside a device',
      type: 'parallel',
      states: { requests: requestRegion(id, types), invalidation: invalidationRegion },
      on: {
        'read.resp': { actions: 'passAnswer' },
        'write.resp': { actions: 'passAnswer' },
        'tlb.drop': [{ guard: 'dropPossible', actions: 'dropEntry' }, ignore('there is no such entry')],
      },
    },
  })
}

/** The translation cache of one device. */
export const defaultAtcConfig: AtcConfig = {
  id: 'atc0',
  from: 'd0',
  pageBytes: litmus.pageBytes,
  entries: litmus.tlbEntries,
  translates: true,
  features: defaultFeatures,
}

export const atcMachine = defineAtc(defaultAtcConfig).machine
