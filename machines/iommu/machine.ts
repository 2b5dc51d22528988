/** IOMMU | a memory management unit of the usual kind, for devices or for cores: tables in memory, TLBs, commands. */

/**
 *   device ──<accessPort>───▶ ┌──────────────────────────────┐ ──bus────▶ memory
 *   core ────<translatePort>▶ │ walkers, TLBs, walk cache,   │ ──walk───▶ tables in memory
 *   cores' registers ──regs─▶ │ device table, command queue  │ ──status─▶ a word in memory
 *                             └──────────────────────────────┘ ──atc-…──▶ a device's translation cache, a core
 *
 * Facts: HF-460 to HF-479. It is no unit that can be bought: what the IOMMUs of Arm, Intel and AMD promise alike, with switches
 * where they differ. Tables are those of the SYSMMU.
 *
 * Left out: nested translation, stalling on a fault, page requests, several tables of one requester, commands for ranges.
 */

import { assert } from '../../src/base/assert.ts'
import type { Message } from '../../src/kernel/actor.ts'
import { defineMachine, type MachineDefinition, type SpontaneousConfig } from '../../src/statechart/define.ts'
import { defaultFeatures } from '../features.ts'
import { litmus } from '../geometry.ts'
import { level1TableBytes } from '../sysmmu/walk.ts'
import { accessActions, type IommuAction, noWalk, requesterActions } from './answers.ts'
import { hasAnswers, iommuChart, keepsMore, looksAhead, requestTypes } from './chart.ts'
import {
  atcActions,
  commandActions,
  coreActions,
  interruptActions,
  noWrite,
  registerActions,
  statusActions,
  takingActions,
} from './commands.ts'
import { commandGuards, isEntry, isKept, isUsable, requestGuards } from './guards.ts'
import { isPrefetchable, prefetchRequesters, usesAnyMatch } from './lookup.ts'
import { iommuBankEntries, noCommand } from './regs.ts'
import type { IommuConfig, IommuContext } from './types.ts'
import {
  deviceTableActions,
  dropActions,
  dropEntries,
  emptyCaches,
  keptDropActions,
  prefetchActions,
  walkCacheActions,
  walkerActions,
} from './walker.ts'

export type { IommuConfig, IommuContext, IommuMessage, RequesterConfig } from './types.ts'

const events: Readonly<Record<string, string>> = {
  'read.req': 'a device reads at an IO address, or at one that it has had translated',
  'write.req': 'a device writes at an IO address, or at one that it has had translated',
  'translate.req': 'a device or a core asks where an address leads',
  'read.resp': 'memory answers a read: one of a device, or of a walker, told apart by `from` and `txn`',
  'write.resp': 'memory answers a write: one of a device, or of the status word',
  'reg.read.req': 'a core reads a register',
  'reg.write.req': 'a core writes a register: CTRL, ROOT, or a command',
  'interrupt.update': 'fault bits may have changed',
  'atc.done': 'translations are gone, and so are the accesses that used them',
  'power.on': 'the power domain is up',
  'power.off': 'the power domain goes down',
  'tlb.drop': 'an entry vanishes from a TLB',
  'kept.drop': 'something kept vanishes: a first-level descriptor, or an entry of the device table',
  'tlb.prefetch': 'the walker looks ahead for a page',
  'match.use': 'one of several entries that match is used',
  'command.execute': 'the oldest command is executed',
}

/** Everything that would fail later and far from here. */
function checkConfig(config: IommuConfig): void {
  const { id, requesters, slots, roots, geometry, tlbEntries } = config
  const names = requesters.map(({ from }) => from)
  assert(new Set(names).size === names.length, `${id}: two requesters share a name: ${names.join(', ')}`)
  assert(requesters.length >= 1, `${id}: there must be a requester`)
  assert(requesters.length <= iommuBankEntries, `${id}: at most ${iommuBankEntries} requesters`)
  assert(slots.length <= iommuBankEntries, `${id}: at most ${iommuBankEntries} slots`)
  assert(tlbEntries >= 0, `${id}: a TLB cannot have ${tlbEntries} entries`)
  assert(config.deviceTable !== undefined || roots.length >= 1, `${id}: there must be a level-1 table`)
  for (const root of roots) {
    assert(root % level1TableBytes(geometry) === 0, `${id}: level-1 tables are aligned to their size`)
  }
  for (const { from, accessPort, translatePort } of requesters) {
    assert(accessPort !== undefined || translatePort !== undefined, `${id}: ${from} has no port`)
  }
}

function choices(config: IommuConfig): Record<string, SpontaneousConfig<IommuContext>> {
  const { tlbEntries, requesters, walkCacheEntries, prefetchPages, features } = config
  const tlbs = config.tlbs === 'each' ? requesters.length : 1
  const result: Record<string, SpontaneousConfig<IommuContext>> = {}
  if (features.tlbEviction && tlbEntries > 0) {
    result['tlb.drop'] = {
      description: 'any entry may vanish at any moment',
      kind: 'may',
      domain: tlbs * tlbEntries,
      when: (ctx, value) => isEntry(config, ctx, value),
    }
  }
  if (features.tlbEviction && keepsMore(config)) {
    result['kept.drop'] = {
      description: 'anything else that is kept may vanish at any moment',
      kind: 'may',
      domain: walkCacheEntries + requesters.length,
      when: (ctx, value) => isKept(config, ctx, value),
    }
  }
  if (looksAhead(config)) {
    result['tlb.prefetch'] = {
      description: 'the walker may look ahead for any page of those given',
      kind: 'may',
      domain: prefetchRequesters(config) * prefetchPages.length,
      when: (ctx, value) => isPrefetchable(config, ctx, value),
    }
  }
  if (usesAnyMatch(config)) {
    result['match.use'] = {
      description: 'a request for which several entries match uses one of them',
      kind: 'must',
      domain: requesters.length * tlbEntries,
      when: (ctx, value) => isUsable(config, ctx, value),
    }
  }
  if (config.queueEntries > 0) {
    result['command.execute'] = {
      description: 'commands are executed in the end, in their order',
      kind: 'must',
      latencyCycles: commandCycles,
      when: (ctx) => ctx.queue.length > 0,
    }
  }
  return result
}

/** Cycles from one command to the next. */
const commandCycles = 24 // HF-467

/** In and out ports, with the types of their messages. */
function portsOf(config: IommuConfig) {
  const inPorts: Record<string, string[]> = {}
  const outPorts: Record<string, string[]> = {}
  const add = (ports: Record<string, string[]>, port: string, types: readonly string[]): void => {
    ports[port] = [...(ports[port] ?? []), ...types]
  }
  for (const { from, accessPort, translatePort, keeps } of config.requesters) {
    if (accessPort !== undefined) {
      add(inPorts, accessPort, ['read.req', 'write.req'])
      add(outPorts, accessPort, ['read.resp', 'write.resp'])
    }
    if (translatePort !== undefined) {
      add(inPorts, translatePort, ['translate.req'])
      add(outPorts, translatePort, ['translate.resp'])
    }
    if (keeps !== undefined) {
      add(inPorts, `atc-${from}`, ['atc.done'])
      add(outPorts, `atc-${from}`, ['atc.invalidate'])
    }
  }
  if (requestTypes(config).includes('read.req')) {
    add(inPorts, 'bus', ['read.resp', 'write.resp'])
    add(outPorts, 'bus', ['read.req', 'write.req'])
  }
  add(inPorts, 'walk', ['read.resp'])
  add(outPorts, 'walk', ['read.req'])
  add(inPorts, 'regs', ['reg.read.req', 'reg.write.req'])
  add(outPorts, 'regs', ['reg.read.resp', 'reg.write.resp'])
  if (config.slots.length > 0) {
    // Whoever takes writes for memory answers reads on the same way; here there are none.
    add(inPorts, 'status', ['read.resp', 'write.resp'])
    add(outPorts, 'status', ['write.req'])
  }
  if (config.interruptLine !== undefined) add(outPorts, 'irq', ['irq.raise', 'irq.lower'])
  if (config.power) add(inPorts, 'power', ['power.on', 'power.off'])
  return { inPorts, outPorts }
}

function actionsOf(config: IommuConfig): Record<string, IommuAction<never>> {
  const cores = config.requesters.filter(({ keeps }) => keeps === 'core')
  const ofRequesters = config.requesters.map((requester, which) => {
    const { from, accessPort, keeps } = requester
    return {
      ...requesterActions(config, requester, which),
      ...(accessPort === undefined ? {} : accessActions(from, accessPort)),
      ...(keeps === 'atc' ? atcActions(config, from) : {}),
    }
  })
  return {
    ...Object.assign({}, ...ofRequesters),
    ...walkerActions(config),
    ...(config.deviceTable === undefined ? {} : deviceTableActions(config, config.deviceTable)),
    ...(looksAhead(config) ? prefetchActions(config) : {}),
    ...(config.walkCacheEntries > 0 ? walkCacheActions(config) : {}),
    ...dropActions(config),
    ...(keepsMore(config) ? keptDropActions(config) : {}),
    ...registerActions(config),
    ...takingActions(config),
    ...commandActions(config),
    ...(cores.length > 0 ? coreActions(config, cores) : {}),
    ...(config.slots.length > 0 ? statusActions(config) : {}),
    ...(config.interruptLine === undefined ? {} : interruptActions(config.interruptLine)),
    ...(config.power ? powerActions(config) : {}),
  }
}

/** What becomes of it without power. */
function powerActions(config: IommuConfig) {
  return {
    loseState: {
      description: 'everything has its reset value: registers, caches, and no command waits',
      run: (ctx, _message, out) => {
        dropEntries(config, ctx, out, 'power', () => true)
        Object.assign(ctx, emptyCaches(config), { root: 0, queue: [], fault: { status: 0, addr: 0 } })
      },
    } satisfies IommuAction<Message>,
  }
}

/** The machine. Message types differ per event, which is why the table of actions is typed by `never`. */
export function defineIommu(config: IommuConfig): MachineDefinition {
  checkConfig(config)
  const { inPorts, outPorts } = portsOf(config)
  const spontaneous = choices(config)
  const taken = new Set([
    ...Object.values(inPorts).flat(),
    ...Object.keys(spontaneous),
    'tlb.drop',
    ...(keepsMore(config) ? ['kept.drop'] : []),
    ...(config.interruptLine === undefined ? [] : ['interrupt.update']),
    ...(hasAnswers(config) ? ['atc.done'] : []),
  ])
  return defineMachine<IommuContext, never>({
    id: config.id,
    description: 'translates addresses of devices or cores by tables in memory',
    inPorts,
    outPorts,
    events: Object.fromEntries(Object.entries(events).filter(([type]) => taken.has(type))),
    raised: config.interruptLine === undefined ? [] : ['interrupt.update'],
    spontaneous,
    context: () => ({
      root: 0,
      ...emptyCaches(config),
      walks: Array.from({ length: config.requesters.length + (looksAhead(config) ? 1 : 0) }, noWalk),
      outstanding: [],
      queue: [],
      current: noCommand(),
      unanswered: 0,
      writes: { command: noWrite(), control: noWrite() },
      fault: { status: 0, addr: 0 },
    }),
    guards: { ...requestGuards(config), ...commandGuards(config) },
    actions: actionsOf(config),
    chart: iommuChart(config),
  })
}

/** One device, registers that act at once, no extras; a platform says where everything is. */
export const defaultIommuConfig: IommuConfig = {
  id: 'iommu0',
  geometry: litmus,
  base: 0x10500000,
  requesters: [{ from: 'd0', accessPort: 'd0' }],
  tlbs: 'shared',
  tlbEntries: litmus.tlbEntries,
  roots: [litmus.dram.base],
  enabled: true,
  walkCacheEntries: 0,
  faultCache: false,
  lineFetch: false,
  queueEntries: 0,
  slots: [],
  walksInFlight: 'awaited',
  accessesInFlight: 'awaited',
  multipleHits: 'any',
  prefetchPages: [],
  power: false,
  features: defaultFeatures,
}

/** The same with everything that an option adds. */
export const fullIommuConfig: IommuConfig = {
  ...defaultIommuConfig,
  requesters: [
    { from: 'd0', accessPort: 'd0', translatePort: 'd0', keeps: 'atc' },
    { from: 'd1', accessPort: 'd1', translatePort: 'd1-translate' },
    { from: 'cpu0', translatePort: 'cpu0', keeps: 'core' },
  ],
  enabled: false,
  tlbs: 'each',
  tlbEntries: 4,
  deviceTable: { base: litmus.dram.base + 0x20, kept: true },
  walkCacheEntries: 2,
  faultCache: true,
  lineFetch: true,
  queueEntries: 2,
  slots: [litmus.dram.base + 0x38],
  interruptLine: 131,
  prefetchPages: [0, 1, 2, 3].map((page) => litmus.iova.base + page * litmus.pageBytes),
  power: true,
  features: { tlbPrefetch: true, tlbEviction: true, tlbiBroadcast: true },
}

export const iommuMachine = defineIommu(defaultIommuConfig).machine
