/** CPU | guards of the core's chart: pure questions about what the present instruction can do now. */

import { alignDown } from '../../src/base/bits.ts'
import type { GuardDefinition } from '../../src/statechart/define.ts'
import type {
  LoadResp,
  MaintainResp,
  OsReturn,
  RegReadResp,
  RegWriteResp,
  StoreResp,
  TranslateResp,
} from '../protocol.ts'
import { accessOf, goesByLine, memoryIndex, physical, pieceBytes, writes } from './access.ts'
import { type Core, position, postedMax } from './core.ts'
import { earlyLoadGuards } from './early-load-region.ts'
import { exclusiveGuards } from './exclusive.ts'
import { lateLoadGuards } from './late-load.ts'
import { memoryNumbers } from './memory.ts'
import type { Code, Kind } from './program.ts'
import { aheadTxn, speculationGuards } from './speculation.ts'
import {
  deviceWaits,
  drains,
  entryKinds,
  holdsAll,
  isPosted,
  sentRegister,
  sentStore,
  touchesLine,
} from './store-buffer.ts'
import { threadGuards } from './threads.ts'
import { accessesOver } from './translated.ts'
import type { CpuChoice, CpuContext, CpuMessage } from './types.ts'

/** Bytes that one step of the present instruction covers. */
export function stepBytes(core: Core, context: CpuContext): number {
  const code = core.code[context.pc] as Code
  if (goesByLine(code)) return core.lineBytes
  return code.kind === 'register-write' ? 4 : pieceBytes(core, context)
}

/** Whether the next step of the present instruction is its last one. */
function isLast(core: Core, context: CpuContext): boolean {
  return context.access.done + stepBytes(core, context) >= context.access.bytes
}

/** Whether a load can proceed at all: it stays behind older maintenance of its line. HF-104 */
function loadsAhead(core: Core, context: CpuContext): boolean {
  if (accessOf(core, context) !== 'ahead') return false
  if (isPosted(context.posted, physical(core, context, position(context)), core.lineBytes)) return false
  return !isOrdered(core, context) || comesInOrder(core, context)
}

/** Whether the present load or store is Strongly-ordered. */
function isOrdered(core: Core, context: CpuContext): boolean {
  return memoryIndex(core, context, position(context)) === memoryNumbers.stronglyOrdered
}

/** Whether nothing older stands in the way of a Strongly-ordered access: a Device store, a store to its line. HF-490 */
function comesInOrder(core: Core, context: CpuContext): boolean {
  if (deviceWaits(context.buffer)) return false
  const line = alignDown(physical(core, context, position(context)), core.lineBytes)
  return !touchesLine(context.buffer, line, core.lineBytes)
}

/** Whether a Strongly-ordered store can be sent: like a load it waits for what is older, and it needs an entry until memory has it. */
function sendsInOrder(core: Core, context: CpuContext): boolean {
  if (context.buffer.count === core.entries || accessOf(core, context) !== 'ahead') return false
  return isOrdered(core, context) && loadsAhead(core, context)
}

function isForwarded(core: Core, context: CpuContext): boolean {
  if (context.buffer.count === 0) return false
  const at = physical(core, context, position(context))
  return holdsAll(context.buffer, at, pieceBytes(core, context) / 4)
}

/** Whether maintenance of the present line can be posted: after older stores to it and older maintenance of it. HF-104 */
function posts(core: Core, context: CpuContext): boolean {
  if (accessOf(core, context) !== 'ahead' || context.posted.count >= postedMax) return false
  const line = physical(core, context, position(context))
  return !isPosted(context.posted, line, core.lineBytes) && !touchesLine(context.buffer, line, core.lineBytes)
}

/** Whether the present line can be preloaded now: it stays behind older maintenance of its line. */
function preloads(core: Core, context: CpuContext): boolean {
  if (accessOf(core, context) !== 'ahead' || !isPreloadable(core, context)) return false
  return !isPosted(context.posted, physical(core, context, position(context)), core.lineBytes)
}

/** Only Normal cacheable memory can be preloaded. */
function isPreloadable(core: Core, context: CpuContext): boolean {
  return memoryIndex(core, context, position(context)) === memoryNumbers.cacheable
}

/** Whether a store or register write has a free entry to enter. */
function enters(core: Core, context: CpuContext): boolean {
  return core.buffered && context.buffer.count < core.entries && writesAhead(core, context)
}

/** Without a store buffer: whether nothing older stands in the way of sending the write at once. */
function sends(core: Core, context: CpuContext): boolean {
  if (core.buffered || context.buffer.count > 0 || !writesAhead(core, context)) return false
  const code = core.code[context.pc] as Code
  if (code.kind === 'register-write') return true
  return !isPosted(context.posted, physical(core, context, position(context)), core.lineBytes)
}

function writesAhead(core: Core, context: CpuContext): boolean {
  const code = core.code[context.pc] as Code
  if (code.kind === 'store') return accessOf(core, context) === 'ahead' && !isOrdered(core, context)
  const { start, bytes, done } = context.access
  return done < bytes && (start & 3) === 0
}

/** `accessOf` for instructions with a physical address. */
function registerAccess(context: CpuContext): 'ahead' | 'ended' | 'aborted' {
  if (context.access.done >= context.access.bytes) return 'ended'
  return (context.access.start & 3) === 0 ? 'ahead' : 'aborted'
}

function drainsNow(core: Core, context: CpuContext, message: CpuMessage, device: boolean): boolean {
  const entry = (message as CpuChoice).value
  if ((context.buffer.kind[entry] === entryKinds.device) !== device) return false
  return drains(context.buffer, entry, context.posted, core.lineBytes)
}

/** Whether `load.resp` answers the load that waits. */
function answersLoad(core: Core, context: CpuContext, message: CpuMessage): boolean {
  const { addr, data } = message as LoadResp
  return addr === physical(core, context, position(context)) && data.length * 4 === pieceBytes(core, context)
}

type Guard = GuardDefinition<CpuContext, CpuMessage>

function unitAllows(core: Core, context: CpuContext, { ok, readOnly }: TranslateResp): boolean {
  return ok && !(readOnly && writes(core, context))
}

/** The guards by name. */
export function makeGuards(core: Core): Record<string, Guard> {
  return {
    ...(core.reorders ? earlyLoadGuards(core) : {}),
    ...(core.defers ? lateLoadGuards(core) : {}),
    ...(core.speculates.length > 0 ? speculationGuards() : {}),
    ...(core.threaded ? threadGuards(core) : {}),
    ...(core.exclusive ? exclusiveGuards(core) : {}),
    nextIs: (context, _, params: { kind: Kind }) => (core.code[context.pc] as Code).kind === params.kind,
    loadMisses: (context) => loadsAhead(core, context) && !isForwarded(core, context),
    loadForwards: (context) => loadsAhead(core, context) && !isLast(core, context),
    loadForwardsLast: (context) => loadsAhead(core, context) && isLast(core, context),
    storeEnters: (context) => enters(core, context),
    storeEntersLast: (context) => enters(core, context) && isLast(core, context),
    storeGoes: (context) => sends(core, context),
    storeGoesInOrder: (context) => sendsInOrder(core, context),
    maintenancePosts: (context) => posts(core, context) && !isLast(core, context),
    maintenancePostsLast: (context) => posts(core, context),
    preloads: (context) => preloads(core, context) && !isLast(core, context),
    preloadsLast: (context) => preloads(core, context),
    preloadIsVain: (context) => accessOf(core, context) === 'ahead' && !isPreloadable(core, context),
    accessIs: (context, _, params: { status: string }) => accessOf(core, context) === params.status,
    registerAccessIs: (context, _, params: { status: string }) => registerAccess(context) === params.status,
    deviceStoresWait: (context) => deviceWaits(context.buffer),
    storeDrains: (context, message) => drainsNow(core, context, message, false),
    registerWriteDrains: (context, message) => drainsNow(core, context, message, true),
    storeAnsweredLast: (context, message) =>
      context.buffer.count === 1 && sentStore(context.buffer, (message as StoreResp).addr) >= 0,
    storeAnswered: (context, message) => sentStore(context.buffer, (message as StoreResp).addr) >= 0,
    registerWriteAnsweredLast: (context, message) =>
      context.buffer.count === 1 && sentRegister(context.buffer, (message as RegWriteResp).txn) >= 0,
    registerWriteAnswered: (context, message) => sentRegister(context.buffer, (message as RegWriteResp).txn) >= 0,
    maintenanceAnsweredLast: (context, message) =>
      context.posted.count === 1 && context.posted.line[0] === (message as MaintainResp).addr,
    maintenanceAnswered: (context, message) => isAnsweredLine(context, (message as MaintainResp).addr),
    loadAnswered: (context, message) => answersLoad(core, context, message) && !isLast(core, context),
    loadAnsweredLast: (context, message) => answersLoad(core, context, message),
    loadFailed: (context, message) =>
      (message as LoadResp).data.length === 0 &&
      (message as LoadResp).addr === physical(core, context, position(context)),
    registerReadAnswered: (context, message) => (message as RegReadResp).addr === context.access.start,
    registerReadAnsweredWell: (context, message) =>
      (message as RegReadResp).addr === context.access.start && (message as RegReadResp).ok,
    unitAllows: (context, message) =>
      (message as TranslateResp).txn !== aheadTxn && unitAllows(core, context, message as TranslateResp),
    unitForbids: (context, message) =>
      (message as TranslateResp).txn !== aheadTxn && !unitAllows(core, context, message as TranslateResp),
    accessesOver,
    pageMapped: (_, message) => (message as OsReturn).values[0] !== 0,
    orderedStoreDone: (context) => !context.buffer.kind.includes(entryKinds.stronglyOrdered),
    bufferEmpty: (context) => context.buffer.count === 0,
    bufferUsed: (context) => context.buffer.count > 0,
    bufferFull: (context) => context.buffer.count === core.entries,
    maintenancePosted: (context) => context.posted.count > 0,
    maintenanceFull: (context) => context.posted.count === postedMax,
    everythingDone: (context) => context.buffer.count === 0 && context.posted.count === 0,
    hasHandler: () => core.handler >= 0,
  }
}

function isAnsweredLine(context: CpuContext, line: number): boolean {
  const at = context.posted.line.indexOf(line)
  return at >= 0 && at < context.posted.count
}
