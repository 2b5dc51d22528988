/** Cache-controller | what a level-1 data cache does: every action of its chart. */

import type { Out, SpontaneousMessage } from '../../src/kernel/actor.ts'
import type { ActionDefinition } from '../../src/statechart/define.ts'
import type {
  FetchReq,
  FetchResp,
  LoadReq,
  LoadResp,
  MaintainReq,
  MaintainResp,
  PrefetchReq,
  ReadReq,
  ReadResp,
  StoreReq,
  StoreResp,
  WriteReq,
  WriteResp,
} from '../protocol.ts'
import {
  addrOf,
  type CacheShape,
  cacheShape,
  chooseSlot,
  clearSlot,
  findSlot,
  lineOf,
  lineState,
  readSlot,
  writeSlot,
} from './cache-array.ts'
import { emitDrop } from './cache-events.ts'
import { type L1Config, type L1Context, type L1Message, windowLine } from './l1-context.ts'
import {
  abandonFill,
  fill,
  forgetAccess,
  forgetVictim,
  keepStore,
  moveToVictim,
  reportStore,
  reserve,
} from './l1-lines.ts'
import { snoopActions } from './l1-snoop-actions.ts'

type Action = ActionDefinition<L1Context, L1Message>
type Actions = Readonly<Record<string, Action>>

/** All actions of one cache. */
export function l1Actions(config: L1Config): Actions {
  const shape = cacheShape(config.geometry.l1, config.geometry.lineBytes)
  return {
    ...accessActions(config, shape),
    ...fillActions(config, shape),
    ...snoopActions(config, shape),
    ...spontaneousActions(config, shape),
  }
}

/** Accesses of the core that are answered at once or passed on. */
function accessActions(config: L1Config, shape: CacheShape): Actions {
  const initiator = `cpu${config.core}`
  return {
    answerLoad: {
      description: 'answers a load from the array',
      sends: { cpu: 1 },
      run: (context, message, out) => {
        const { addr, words, exclusive } = message as LoadReq
        const slot = findSlot(context.array, shape, lineOf(shape, addr))
        if (exclusive) context.monitoredLine = lineOf(shape, addr)
        out.send('cpu', {
          type: 'load.resp',
          addr,
          data: readSlot(context.array, shape, slot, addr, words),
        } as LoadResp)
      },
    },
    performStore: {
      description: 'writes a store into a line that only this cache holds, and answers it',
      sends: { cpu: 1 },
      run: (context, message, out) => {
        const { addr, data } = message as StoreReq
        const slot = findSlot(context.array, shape, lineOf(shape, addr))
        writeSlot(context.array, shape, slot, addr, data)
        context.array.states[slot] = lineState.dirty
        reportStore(context, config, message as StoreReq, out)
        out.send('cpu', { type: 'store.resp', addr } as StoreResp)
      },
    },
    failStore: {
      description:
        'answers a store-exclusive that stores nothing: the line was written by somebody else since the load',
      sends: { cpu: 1 },
      run: (_context, message, out) => {
        out.send('cpu', { type: 'store.resp', addr: (message as StoreReq).addr, failed: true } as StoreResp)
      },
    },
    passLoad: {
      description: 'sends a non-cacheable load past the array',
      sends: { scu: 1 },
      run: (context, message, out) => {
        const { addr, words, memory, exclusive } = message as LoadReq
        context.accessAddr = addr
        const read: ReadReq = { type: 'read.req', from: initiator, txn: 0, addr, words, memory }
        out.send('scu', exclusive ? ({ ...read, exclusive: config.core } as ReadReq) : read)
      },
    },
    passStore: {
      description: 'sends a non-cacheable store past the array',
      sends: { scu: 1 },
      run: (context, message, out) => {
        const { addr, data, memory, exclusive } = message as StoreReq
        context.accessAddr = addr
        const write: WriteReq = { type: 'write.req', from: initiator, txn: 0, addr, data, memory }
        // Memory decides about a store-exclusive, and reports it.
        if (!exclusive) reportStore(context, config, message as StoreReq, out)
        out.send('scu', exclusive ? ({ ...write, exclusive: config.core } as WriteReq) : write)
      },
    },
    answerPassedLoad: {
      description: 'answers a non-cacheable load; an error response has no data',
      sends: { cpu: 1 },
      run: (context, message, out) => {
        out.send('cpu', { type: 'load.resp', addr: context.accessAddr, data: (message as ReadResp).data } as LoadResp)
        context.accessAddr = 0
      },
    },
    answerPassedStore: {
      description: 'answers a store: a non-cacheable one that was accepted, or one whose line could not be had',
      sends: { cpu: 1 },
      run: (context, message, out) => {
        const answer: StoreResp = { type: 'store.resp', addr: context.accessAddr }
        out.send('cpu', (message as WriteResp).failed ? ({ ...answer, failed: true } as StoreResp) : answer)
        forgetAccess(context, shape)
      },
    },
    passMaintenance: {
      description: 'sends a maintenance operation to the SCU, which broadcasts it',
      sends: { scu: 1 },
      run: (_context, message, out) => out.send('scu', message as MaintainReq),
    },
    answerMaintenance: {
      description: 'tells the core that its maintenance operation is complete',
      sends: { cpu: 1 },
      run: (_context, message, out) => {
        const { op, addr } = message as MaintainReq | MaintainResp
        out.send('cpu', { type: 'maintain.resp', op, addr } as MaintainResp)
      },
    },
    answerEviction: {
      description: 'tells the core that the line it wanted evicted has left',
      sends: { cpu: 1 },
      run: (context, _message, out) => {
        out.send('cpu', { type: 'maintain.resp', op: 'evict', addr: context.accessAddr } as MaintainResp)
        context.accessAddr = 0
      },
    },
  }
}

/** Misses: making room, asking for a line, and taking it in. */
function fillActions(config: L1Config, shape: CacheShape): Actions {
  const fetch = (out: Out, line: number, mode: 'shared' | 'unique', cause: 'demand' | 'speculation') =>
    out.send('scu', { type: 'fetch.req', core: config.core, addr: addrOf(shape, line), mode, cause } as FetchReq)
  return {
    evictForAccess: {
      description: 'moves the dirty line that a miss displaces into the eviction buffer',
      sends: { scu: 1 },
      run: (context, message, out) => {
        const slot = chooseSlot(context.array, shape, lineOf(shape, (message as LoadReq | StoreReq).addr))
        moveToVictim(context, config, shape, slot, out)
        out.raise({ type: 'victim.waits' })
      },
    },
    reserveForLoad: {
      description: 'reserves a slot for the line that a load missed',
      run: (context, message, out) => {
        const { addr, words, exclusive } = message as LoadReq
        context.accessAddr = addr
        context.accessIsExclusive = exclusive === true
        context.accessWords = words
        reserve(context, config, shape, lineOf(shape, addr), out)
      },
    },
    reserveForStore: {
      description: 'reserves a slot for the line that a store missed',
      run: (context, message, out) => {
        reserve(context, config, shape, keepStore(context, shape, message as StoreReq), out)
      },
    },
    fetchForLoad: {
      description: 'asks for the line that a load missed',
      sends: { scu: 1 },
      run: (context, _message, out) => fetch(out, lineOf(shape, context.accessAddr), 'shared', 'demand'),
    },
    fetchForStore: {
      description: 'asks for sole possession of the line that a store missed',
      sends: { scu: 1 },
      run: (context, _message, out) => fetch(out, lineOf(shape, context.accessAddr), 'unique', 'demand'),
    },
    fetchForUpgrade: {
      description: 'asks for sole possession of a shared line; its data stay usable until another core takes it',
      sends: { scu: 1 },
      run: (context, message, out) => {
        const line = keepStore(context, shape, message as StoreReq)
        context.array.states[findSlot(context.array, shape, line)] = lineState.upgrading
        fetch(out, line, 'unique', 'demand')
      },
    },
    fillForLoad: {
      description: 'takes the line in and answers the load',
      sends: { cpu: 1 },
      run: (context, message, out) => {
        const { accessAddr: addr, accessWords: words } = context
        const slot = fill(context, config, shape, message as FetchResp, 'demand', out)
        if (context.accessIsExclusive) context.monitoredLine = lineOf(shape, addr)
        out.send('cpu', {
          type: 'load.resp',
          addr,
          data: readSlot(context.array, shape, slot, addr, words),
        } as LoadResp)
        forgetAccess(context, shape)
      },
    },
    fillForStore: {
      description: 'takes the line in, unless its shared copy is still here, performs the store and answers it',
      sends: { cpu: 1 },
      run: (context, message, out) => {
        const { array, accessAddr: addr } = context
        const slot = fill(context, config, shape, message as FetchResp, 'demand', out)
        const data = context.accessData.read(0, context.accessWords)
        writeSlot(array, shape, slot, addr, data)
        array.states[slot] = lineState.dirty
        const exclusive = context.accessIsExclusive ? ({ exclusive: true } as const) : {}
        reportStore(context, config, { addr, data, memory: 'cacheable', ...exclusive }, out)
        out.send('cpu', { type: 'store.resp', addr } as StoreResp)
        forgetAccess(context, shape)
      },
    },
    fillForLostStore: {
      description:
        'takes the line in, and answers a store-exclusive that stores nothing: another writer had it meanwhile',
      sends: { cpu: 1 },
      run: (context, message, out) => {
        fill(context, config, shape, message as FetchResp, 'demand', out)
        out.send('cpu', { type: 'store.resp', addr: context.accessAddr, failed: true } as StoreResp)
        forgetAccess(context, shape)
      },
    },
    failLoad: {
      description: 'gives the reserved slot up and answers the load without data: memory reported an error',
      sends: { cpu: 1 },
      run: (context, message, out) => {
        abandonFill(context, shape, lineOf(shape, (message as FetchResp).addr))
        out.send('cpu', { type: 'load.resp', addr: context.accessAddr, data: [] } as LoadResp)
        forgetAccess(context, shape)
      },
    },
    abandonFill: {
      description: 'gives the reserved slot up: memory reported an error',
      run: (context, message) => abandonFill(context, shape, lineOf(shape, (message as FetchResp).addr)),
    },
    fillForSpeculation: {
      description: 'takes in a line that no instruction waits for',
      run: (context, message, out) => {
        fill(context, config, shape, message as FetchResp, 'speculation', out)
      },
    },
    endSpeculation: {
      description: 'forgets the speculative fill',
      run: (context) => {
        context.speculatedLine = -1
      },
    },
  }
}

/** What the cache does of its own accord, or at a program's command as if it were. */
function spontaneousActions(config: L1Config, shape: CacheShape): Actions {
  const prepare = (context: L1Context, line: number, out: Out): void => {
    context.speculatedLine = line
    reserve(context, config, shape, line, out)
  }
  const vanish = (context: L1Context, slot: number, out: Out): void => {
    emitDrop(out, config.id, addrOf(shape, context.array.lines[slot] as number), 'eviction')
    clearSlot(context.array, shape, slot)
  }
  return {
    dirtyLine: {
      description: 'marks a line dirty; its data stay as they are',
      run: (context, message) => {
        context.array.states[(message as SpontaneousMessage).value] = lineState.dirty
      },
    },
    reserveForPreload: {
      description: 'reserves a slot for a line that a program preloads',
      run: (context, message, out) => prepare(context, lineOf(shape, (message as PrefetchReq).addr), out),
    },
    vanishForProgram: {
      description: 'drops an unmodified line that a program wants evicted',
      run: (context, message, out) =>
        vanish(context, findSlot(context.array, shape, lineOf(shape, (message as MaintainReq).addr)), out),
    },
    evictForProgram: {
      description: 'moves a dirty line that a program wants evicted into the eviction buffer',
      sends: { scu: 1 },
      run: (context, message, out) => {
        const { addr } = message as MaintainReq
        context.accessAddr = addr
        moveToVictim(context, config, shape, findSlot(context.array, shape, lineOf(shape, addr)), out)
        out.raise({ type: 'victim.waits' })
      },
    },
    evictForSpeculation: {
      description: 'moves the dirty line that a speculative fill displaces into the eviction buffer',
      sends: { scu: 1 },
      run: (context, message, out) => {
        const line = windowLine(config, shape, (message as SpontaneousMessage).value)
        moveToVictim(context, config, shape, chooseSlot(context.array, shape, line), out)
        out.raise({ type: 'victim.waits' })
      },
    },
    reserveForSpeculation: {
      description: 'reserves a slot for a line that no instruction waits for',
      run: (context, message, out) => {
        prepare(context, windowLine(config, shape, (message as SpontaneousMessage).value), out)
      },
    },
    fetchAhead: {
      description: 'asks for the line of a preload or of speculation',
      sends: { scu: 1 },
      run: (context, _message, out) => {
        const addr = addrOf(shape, context.speculatedLine)
        out.send('scu', {
          type: 'fetch.req',
          core: config.core,
          addr,
          mode: 'shared',
          cause: 'speculation',
        } as FetchReq)
      },
    },
    vanishLine: {
      description: 'drops an unmodified line',
      run: (context, message, out) => vanish(context, (message as SpontaneousMessage).value, out),
    },
    evictLine: {
      description: 'moves a dirty line into the eviction buffer',
      sends: { scu: 1 },
      run: (context, message, out) => moveToVictim(context, config, shape, (message as SpontaneousMessage).value, out),
    },
    forgetVictim: {
      description: 'the eviction buffer is free again',
      run: (context) => forgetVictim(context, config),
    },
  }
}
