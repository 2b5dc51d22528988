/** Machines | os: the software's shared state, as the kernel keeps it behind its spin locks. */

/**
 *   cpu ──call──▶ ┌────────────────────────────────────────────┐
 *   cpu ◀─values─ │ calls: serving                              │  plain data: pages, IO bitmaps, mapping list,
 *                 │ lock.pgtable: free | heldByCore0 | …        │  virtual windows, level-2 tables, lists, flags
 *                 │ lock.<each name of the configuration>       │
 *                 └────────────────────────────────────────────┘
 *
 * Every call is a rendezvous and atomic. What takes several steps in a kernel takes several calls here, with the
 * steps of other cores and of the hardware between them. A lock is a state: a call for a held one stalls, and the
 * core waits. Nothing here is hardware; the words of page tables and all buffers are in simulated memory.
 *
 * Omitted: zones and high memory, page reference counts, the CPU's own page tables (a mapping is there at once, and
 * gone at once on all cores), fairness among cores that spin.
 */

import type { ActionDefinition, GuardDefinition } from '../../src/statechart/define.ts'
import { defineMachine, ignore, type MachineDefinition, type StateConfig, stall } from '../../src/statechart/define.ts'
import type { OsReturn } from '../protocol.ts'
import { errno, type OsCall, type OsCallType, osCalls, osCallTypes, pageOwners } from './calls.ts'
import { createIoBitmaps } from './io-allocator.ts'
import { pageAddr, pageCount } from './page-allocator.ts'
import { createPool } from './pool-services.ts'
import { misuse, synchronize } from './service.ts'
import { services } from './services.ts'
import { checkOsConfig, defaultMasks, defaultOsConfig, type OsConfig, type OsContext } from './types.ts'

export type { OsConfig, OsContext } from './types.ts'
export { defaultOsConfig, osConfig, osNumber } from './types.ts'

// --- Ports and messages -------------------------------------------------------------------------------------------------

export type OsMessage = OsCall

// --- Context ------------------------------------------------------------------------------------------------------------

function createContext(config: OsConfig): OsContext {
  const { geometry } = config
  const pages = pageCount(geometry)
  const entries = geometry.level1Entries
  return {
    pageOwner: ownersAtStart(config),
    aliasAbsent: new Array<number>(pages).fill(0),
    arrays: new Array<null>(config.arraysMax).fill(null),
    ioBitmaps: config.mappings.map((space) => createIoBitmaps(space, geometry.pageBytes)),
    masks: config.devices.map((_, device) => ({ ...(config.masks[device] ?? defaultMasks) })),
    sgLists: new Array<null>(config.sgListsMax).fill(null),
    pools: config.pools.map(({ blocks }) => createPool(blocks)),
    tables: config.mappings.map(() => ({
      addr: new Array<number>(entries).fill(0),
      used: new Array<number>(entries).fill(0),
    })),
    tablePages: [],
    dmaMappings: [],
    kernelAreas: [],
    userAreas: [],
    lists: config.lists.map(() => []),
    flags: config.flags.map(() => 0),
  }
}

function ownersAtStart({ geometry, inUse = [] }: OsConfig): number[] {
  const owners = new Array<number>(pageCount(geometry)).fill(0)
  for (const page of owners.keys()) {
    const addr = pageAddr(geometry, page)
    const isUsed = inUse.some(({ base, bytes }) => base < addr + geometry.pageBytes && addr < base + bytes)
    if (isUsed) owners[page] = pageOwners.indexOf('kernel')
  }
  return owners
}

// --- Guards -------------------------------------------------------------------------------------------------------------

type Guard = GuardDefinition<OsContext, OsMessage>

const namesLock: Guard = (_context, message, params: { readonly lock: number }) => message.args[0] === params.lock

const namesLockOfCore: Guard = (_context, message, params: { readonly lock: number; readonly core: number }) =>
  message.args[0] === params.lock && message.core === params.core

const namesNoLock: Guard = (_context, message, params: { readonly locks: number }) =>
  (message.args[0] ?? params.locks) >= params.locks

// --- Actions ------------------------------------------------------------------------------------------------------------

type Action = ActionDefinition<OsContext, OsMessage>

function answer(values: readonly number[]): OsReturn {
  return { type: 'os.return', values }
}

/** One action for each call that is not about a lock, named after the call. */
function serviceActions(config: OsConfig): Record<string, Action> {
  const actions: Record<string, Action> = {}
  for (const [type, run] of Object.entries(services)) {
    actions[type] = {
      description: osCalls[type as OsCallType].description,
      run: (context, message, out) => out.reply(answer(run(context, { config, call: message, out }, message.args))),
    }
  }
  return actions
}

/** Answers a lock call that succeeds. */
function grant(config: OsConfig): Action {
  return {
    description: 'Answers that the lock call is done.',
    run: (_context, message, out) => {
      const name = config.locks[message.args[0] as number]
      const edge = message.type === 'lock.release' ? 'release' : 'acquire'
      synchronize({ config, call: message, out }, `lock:${name}`, edge)
      out.reply(answer([message.type === 'lock.try' ? 1 : errno.ok]))
    },
  }
}

/** Answers that the lock is held. */
function decline(): Action {
  return {
    description: 'Answers that somebody holds the lock.',
    run: (_context, _message, out) => out.reply(answer([0])),
  }
}

/** A lock call that the kernel's lock debugging would report. */
function complain(config: OsConfig): Action {
  return {
    description: 'Answers a lock call and reports what is wrong with it.',
    run: (_context, message, out, params: { readonly why: string; readonly status: number }) => {
      misuse({ config, call: message, out }, params.why)
      out.reply(answer([params.status]))
    },
  }
}

// --- States -------------------------------------------------------------------------------------------------------------

const elsewhere = ignore('the region of the lock that the call names decides it')

/** The calls that always succeed or fail at once, and lock calls that name no lock. */
function callsRegion(config: OsConfig): StateConfig {
  const on: Record<string, StateConfig['on'] extends infer T ? NonNullable<T>[keyof NonNullable<T>] : never> = {}
  for (const type of Object.keys(services)) on[type] = { actions: type }
  const noLock = {
    guard: { type: 'namesNoLock', params: { locks: config.locks.length } },
    actions: {
      type: 'complain',
      params: { why: 'no such lock', status: errno.EINVAL },
    },
  }
  on['lock.acquire'] = [noLock, elsewhere]
  on['lock.try'] = [noLock, elsewhere]
  on['lock.release'] = [noLock, elsewhere]
  return {
    description: 'All data behind calls; each call is one step.',
    initial: 'serving',
    states: {
      serving: {
        description: 'A call is answered in the step in which it is made.',
        on,
      },
    },
  }
}

function holderState(core: number): string {
  return `heldByCore${core}`
}

/** One spin lock: free, or held by one of the cores. */
function lockRegion(config: OsConfig, lock: number): StateConfig {
  const cores = Array.from({ length: config.cores }, (_, core) => core)
  const named = { type: 'namesLock', params: { lock } }
  const ofCore = (core: number) => ({
    type: 'namesLockOfCore',
    params: { lock, core },
  })
  const held = (holder: number): StateConfig => ({
    description: `Core ${holder} is between lock.acquire and lock.release.`,
    on: {
      'lock.acquire': [{ guard: named, ...stall('the lock is held: the core spins') }, elsewhere],
      'lock.try': [{ guard: named, actions: 'decline' }, elsewhere],
      'lock.release': [
        { guard: ofCore(holder), target: 'free', actions: 'grant' },
        {
          guard: named,
          target: 'free',
          actions: {
            type: 'complain',
            params: {
              why: 'the lock is held by another core',
              status: errno.ok,
            },
          },
        },
        elsewhere,
      ],
    },
  })
  const taken = [
    ...cores.map((core) => ({ guard: ofCore(core), target: holderState(core), actions: 'grant' })),
    elsewhere,
  ]
  return {
    description: `The spin lock ${config.locks[lock]}.`,
    initial: 'free',
    states: {
      free: {
        description: 'Nobody holds the lock.',
        on: {
          'lock.acquire': taken,
          'lock.try': taken,
          'lock.release': [
            {
              guard: named,
              actions: {
                type: 'complain',
                params: { why: 'the lock is not held', status: errno.EINVAL },
              },
            },
            elsewhere,
          ],
        },
      },
      ...Object.fromEntries(cores.map((core) => [holderState(core), held(core)])),
    },
  }
}

// --- Export -------------------------------------------------------------------------------------------------------------

/** The os of one system. Throws `UsageError` if an IO address space does not fit its table. */
export function defineOs(config: OsConfig): MachineDefinition {
  checkOsConfig(config)
  return defineMachine<OsContext, OsMessage>({
    id: 'os',
    description: "The operating system's shared state: allocators, mapping list, windows, lists and spin locks",
    inPorts: { calls: osCallTypes },
    outPorts: {},
    events: Object.fromEntries(osCallTypes.map((type) => [type, osCalls[type].description])),
    context: () => createContext(config),
    guards: { namesLock, namesLockOfCore, namesNoLock },
    actions: { ...serviceActions(config), grant: grant(config), decline: decline(), complain: complain(config) },
    chart: {
      description: 'Calls and, beside them, one region for each spin lock.',
      type: 'parallel',
      states: {
        calls: callsRegion(config),
        ...Object.fromEntries(config.locks.map((name, lock) => [`lock-${name}`, lockRegion(config, lock)])),
      },
    },
  })
}

/** The XState machine of the default configuration. */
export const osMachine = defineOs(defaultOsConfig).machine
