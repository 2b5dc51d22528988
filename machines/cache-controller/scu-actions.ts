/** Cache-controller | what the snoop control unit remembers, asks and does. */

import type { Bytes } from '../../src/base/bytes.ts'
import type { ActionOut } from '../../src/kernel/actor.ts'
import type { ActionDefinition, GuardDefinition } from '../../src/statechart/define.ts'
import type { Features } from '../features.ts'
import type { Geometry } from '../geometry.ts'
import type {
  EvictReq,
  EvictResp,
  FetchReq,
  FetchResp,
  MaintainReq,
  MaintainResp,
  MaintenanceOp,
  ReadReq,
  ReadResp,
  SnoopReq,
  SnoopResp,
  WriteReq,
  WriteResp,
} from '../protocol.ts'
import { acpActions, acpGuards, forgetAccess, hasAcp } from './scu-acp.ts'

/** Names and sizes of one snoop control unit. */
export interface ScuConfig {
  readonly id: string
  /** How many: core n is initiator `cpu<n>` and uses ports `core<n>` and `snoop<n>`. */
  readonly cores: number
  readonly geometry: Pick<Geometry, 'lineBytes'>
  readonly features: Pick<Features, 'maintenanceBroadcast'>
  /** The accelerator coherency ports, in order: `acp0`, `acp1`, … None unless given. */
  readonly acp?: readonly AcpConfig[]
}

/** One accelerator coherency port. */
export interface AcpConfig {
  /** Who sends requests through it: their `from`. */
  readonly from: readonly string[]
  readonly access: 'read' | 'read-write'
}

/** The transaction under way, and what snoop answers have brought together. */
export interface ScuContext {
  core: number
  addr: number
  mode: FetchReq['mode']
  op: MaintenanceOp
  /** Snoop answers still to come. */
  awaited: number
  held: boolean
  dirty: boolean
  readonly data: Bytes
  /** The device's access under way; only there if the unit has an accelerator coherency port. */
  readonly access?: DeviceAccess
}

/** `words` of a read; `data`, zero behind its `words`, of a write. */
export interface DeviceAccess {
  from: string
  txn: number
  addr: number
  words: number
  readonly data: Bytes
}

/** Everything the chart decides. */
export type ScuMessage = FetchReq | EvictReq | MaintainReq | ReadReq | WriteReq | SnoopResp | ReadResp | WriteResp

type Action = ActionDefinition<ScuContext, ScuMessage>
type Guard = GuardDefinition<ScuContext, ScuMessage>

/** The guards of one unit. */
export function scuGuards(config: ScuConfig): Record<string, Guard> {
  return {
    hasOtherCores: () => config.cores > 1,
    moreAnswersCome: (context) => context.awaited > 1,
    sharesDirtyLine: (context, message) => context.mode === 'shared' && (context.dirty || (message as SnoopResp).dirty),
    lineIsHeld: (context, message) => context.held || (message as SnoopResp).held,
    isForOneCore: () => !config.features.maintenanceBroadcast,
    isDirty: (_context, message) => (message as SnoopResp).data.length > 0,
    // An invalidation drops dirty data, so it never brings any.
    dirtyDataCame: (context, message) => context.dirty || (message as SnoopResp).data.length > 0,
    ...(hasAcp(config) ? acpGuards(config) : {}),
  }
}

/** The actions of one unit. */
export function scuActions(config: ScuConfig): Record<string, Action> {
  const corePorts = Array.from({ length: config.cores }, (_, core) => `core${core}`)
  const initiators = initiatorsOf(config)
  const everyCore = Object.fromEntries(corePorts.map((port) => [port, 1]))
  const portOf = (core: number): string => corePorts[core] as string
  const snoop = (out: ActionOut, core: number, addr: number, op: SnoopReq['op']): void =>
    out.give(portOf(core), { type: 'snoop.req', addr: (addr & -config.geometry.lineBytes) >>> 0, op } as SnoopReq)
  return {
    ...beginnings(config),
    ...(hasAcp(config) ? acpActions(config) : {}),
    snoopOthers: {
      description: 'asks every other core for the line',
      sends: everyCore,
      run: (context, _message, out) => {
        context.awaited = corePorts.length - 1
        for (let core = 0; core < corePorts.length; core++) {
          if (core !== context.core) snoop(out, core, context.addr, context.mode === 'unique' ? 'take' : 'share')
        }
      },
    },
    snoopAll: {
      description: 'sends the maintenance operation to every core',
      sends: everyCore,
      run: (context, _message, out) => {
        context.awaited = corePorts.length
        for (let core = 0; core < corePorts.length; core++) snoop(out, core, context.addr, context.op)
      },
    },
    snoopOwn: {
      description: 'sends the maintenance operation to the core that asked for it, and to no other',
      sends: everyCore,
      run: (context, _message, out) => {
        context.awaited = 1
        snoop(out, context.core, context.addr, context.op)
      },
    },
    pullVictim: {
      description: 'asks the core for the line in its eviction buffer',
      sends: everyCore,
      run: (context, _message, out) => {
        context.awaited = 1
        snoop(out, context.core, context.addr, 'evict')
      },
    },
    noteAnswer: {
      description: 'counts a snoop answer and keeps its data',
      run: (context, message) => {
        const { held, data, dirty } = message as SnoopResp
        context.awaited--
        if (held) context.held = true
        if (data.length === 0) return
        context.data.write(0, data)
        if (dirty) context.dirty = true
      },
    },
    passHeldLine: {
      description: 'gives the core the line that another core held; to write it, as its only holder',
      sends: everyCore,
      run: (context, _message, out) => {
        const { addr, mode } = context
        const data = context.data.read(0, config.geometry.lineBytes >>> 2)
        out.give(portOf(context.core), { type: 'fetch.resp', addr, data, exclusive: mode === 'unique' } as FetchResp)
      },
    },
    passReadLine: {
      description: "gives the core the outer cache's line, which no other core holds; an error response has no data",
      sends: everyCore,
      run: (context, message, out) => {
        const { data, ok } = message as ReadResp
        out.give(portOf(context.core), { type: 'fetch.resp', addr: context.addr, data, exclusive: ok } as FetchResp)
      },
    },
    readLine: {
      description: 'reads the line from the outer cache',
      sends: { l2: 1 },
      run: ({ core, addr }, _message, out) => {
        const from = initiators[core] as string
        const words = config.geometry.lineBytes >>> 2
        out.give('l2', { type: 'read.req', addr, from, memory: 'cacheable', txn: 0, words } as ReadReq)
      },
    },
    writeBack: {
      description: 'writes dirty data to the outer cache',
      sends: { l2: 1 },
      run: (context, _message, out) => {
        const from = initiators[context.core] as string
        const addr = (context.addr & -config.geometry.lineBytes) >>> 0
        const data = context.data.read(0, config.geometry.lineBytes >>> 2)
        out.send('l2', { type: 'write.req', from, txn: 0, addr, data, memory: 'cacheable' } as WriteReq)
      },
    },
    answerEviction: {
      description: 'tells the core that its victim has been dealt with',
      sends: everyCore,
      run: ({ core, addr }, _message, out) => out.send(portOf(core), { type: 'evict.resp', addr } as EvictResp),
    },
    answerMaintenance: {
      description: 'tells the core that its operation is complete in every core that it is for',
      sends: everyCore,
      run: ({ core, addr, op }, _message, out) =>
        out.give(portOf(core), { type: 'maintain.resp', addr, op } as MaintainResp),
    },
    passRead: {
      description: 'passes a non-cacheable read on',
      sends: { l2: 1 },
      run: (_context, message, out) => out.give('l2', message),
    },
    passWrite: {
      description: 'passes a non-cacheable write on',
      sends: { l2: 1 },
      run: (_context, message, out) => out.give('l2', message),
    },
    passAnswer: {
      description: 'passes the answer of a non-cacheable access to its core',
      sends: everyCore,
      run: (context, message, out) => out.give(portOf(context.core), message),
    },
  }
}

/** Actions that open and close a transaction. */
function beginnings(config: ScuConfig): Record<string, Action> {
  const initiators = initiatorsOf(config)
  return {
    beginFetch: {
      description: 'notes who fetches which line, and why',
      run: (context, message) => {
        const { core, addr, mode } = message as FetchReq
        context.core = core
        context.addr = addr
        context.mode = mode
      },
    },
    beginEviction: {
      description: 'notes who evicts which line',
      run: (context, message) => {
        const { core, addr } = message as EvictReq
        context.core = core
        context.addr = addr
      },
    },
    beginMaintenance: {
      description: 'notes who maintains which line, and how',
      run: (context, message) => {
        const { core, addr, op } = message as MaintainReq
        context.core = core
        context.addr = addr
        context.op = op as MaintenanceOp
      },
    },
    beginPass: {
      description: 'notes whose non-cacheable access passes',
      run: (context, message) => {
        context.core = initiators.indexOf((message as ReadReq | WriteReq).from)
      },
    },
    end: {
      description: 'forgets the transaction: equal states are equal data',
      run: (context) => {
        context.core = 0
        context.addr = 0
        context.mode = 'shared'
        context.op = 'clean'
        context.awaited = 0
        context.dirty = false
        if (context.access !== undefined) forgetAccess(context.access, config.geometry.lineBytes)
        if (!context.held) return
        context.held = false
        context.data.fill(0, config.geometry.lineBytes >>> 2, 0)
      },
    },
  }
}

function initiatorsOf(config: ScuConfig): readonly string[] {
  return Array.from({ length: config.cores }, (_, core) => `cpu${core}`)
}
