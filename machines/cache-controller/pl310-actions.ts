/** Cache-controller | what the outer cache does: every action of its chart. */

import type { ActionOut, SpontaneousMessage } from '../../src/kernel/actor.ts'
import type { ActionDefinition } from '../../src/statechart/define.ts'
import type { ReadReq, ReadResp, WriteReq, WriteResp } from '../protocol.ts'
import {
  addrOf,
  type CacheShape,
  cacheShape,
  clearSlot,
  findHeld,
  findSlot,
  lineData,
  lineOf,
  lineState,
  offsetOf,
  readSlot,
  writeSlot,
} from './cache-array.ts'
import { emitFill } from './cache-events.ts'
import { busTxn, lastFilled, looksUp, type Pl310Config, type Pl310Context, type Pl310Message } from './pl310-context.ts'
import { fill, maintainSlot, makeRoom } from './pl310-lines.ts'
import { maintenanceActions, registerActions } from './pl310-register-actions.ts'
import { entryData, entryState, putEntry, releaseEntry } from './store-buffer.ts'

type Action = ActionDefinition<Pl310Context, Pl310Message>
type Actions = Readonly<Record<string, Action>>

/** All actions of one outer cache. */
export function pl310Actions(config: Pl310Config): Actions {
  const shape = cacheShape(config.geometry.l2, config.geometry.lineBytes)
  return {
    ...hitActions(config, shape),
    ...missActions(config, shape),
    ...bufferActions(config, shape),
    ...registerActions(config),
    ...maintenanceActions(config, shape),
  }
}

/** Transactions of the SCU that are answered at once. */
function hitActions(config: Pl310Config, shape: CacheShape): Actions {
  return {
    answerRead: {
      description: 'answers a read from the array',
      sends: { scu: 1 },
      run: (context, message, out) => {
        const { from, txn, addr, words } = message as ReadReq
        const slot = findSlot(context.array, shape, lineOf(shape, addr))
        const data = readSlot(context.array, shape, slot, addr, words)
        out.give('scu', { type: 'read.resp', addr, data, from, ok: true, txn } as ReadResp)
      },
    },
    updateLine: {
      description: 'writes into a line that is here; it is dirty now',
      run: (context, message, out) => {
        const { addr, data } = message as WriteReq
        const { array } = context
        const line = lineOf(shape, addr)
        const slot = findSlot(array, shape, line)
        writeSlot(array, shape, slot, addr, data)
        array.states[slot] = lineState.dirty
        emitFill(out, config.id, addrOf(shape, line), lineData(array, shape, slot), 'writeback')
      },
    },
    updatePassedLine: {
      description: 'writes what goes around the array into its line too, if it was looked up and the line is here',
      run: (context, message, out) => {
        const { addr, data } = message as WriteReq
        const { array } = context
        const line = lineOf(shape, addr)
        const slot = looksUp(context, message as WriteReq) ? findHeld(array, shape, line) : -1
        if (slot < 0) return
        writeSlot(array, shape, slot, addr, data)
        emitFill(out, config.id, addrOf(shape, line), lineData(array, shape, slot), 'through')
      },
    },
    allocateLine: {
      description: 'takes a written-back line in, dirty',
      run: (context, message, out) => {
        const { addr, data } = message as WriteReq
        const slot = makeRoom(context, config, shape, lineOf(shape, addr), lineState.dirty, out)
        writeSlot(context.array, shape, slot, addr, data)
        emitFill(out, config.id, addr, data, 'writeback')
      },
    },
    answerWrite: {
      description: 'answers a write',
      sends: { scu: 1 },
      run: (_context, message, out) => {
        const { from, txn, addr } = message as WriteReq
        out.send('scu', { type: 'write.resp', from, txn, addr, ok: true } as WriteResp)
      },
    },
    refuseRead: {
      description: 'answers a read that leaves its line with an error',
      sends: { scu: 1 },
      run: (_context, message, out) => {
        const { from, txn, addr } = message as ReadReq
        out.send('scu', { type: 'read.resp', from, txn, addr, data: [], ok: false } as ReadResp)
      },
    },
    refuseWrite: {
      description: 'answers a write that leaves its line with an error',
      sends: { scu: 1 },
      run: (_context, message, out) => {
        const { from, txn, addr } = message as WriteReq
        out.send('scu', { type: 'write.resp', from, txn, addr, ok: false } as WriteResp)
      },
    },
  }
}

/** Transactions of the SCU that wait for memory, and prefetches. */
function missActions(config: Pl310Config, shape: CacheShape): Actions {
  const lineWords = config.geometry.lineBytes >>> 2
  const readLine = (out: ActionOut, line: number, txn: number): void => {
    const addr = addrOf(shape, line)
    out.give('bus', { type: 'read.req', addr, from: config.id, memory: 'cacheable', txn, words: lineWords } as ReadReq)
  }
  return {
    keepRead: {
      description: 'notes the read that waits',
      run: (context, message) => keepRequest(context, message as ReadReq),
    },
    fetchLine: {
      description: 'reserves a slot and reads the missing line from memory',
      sends: { bus: 1 },
      run: (context, _message, out) => {
        const line = lineOf(shape, context.request.addr)
        makeRoom(context, config, shape, line, lineState.filling, out)
        context.fillLine = line
        context.lastLine = lastFilled(config, shape, line)
        readLine(out, line, busTxn.demand)
      },
    },
    fillLine: {
      description: 'takes the line in and answers the read',
      sends: { scu: 1 },
      run: (context, message, out) => {
        const { from, txn, addr, words } = context.request
        const slot = fill(context, config, shape, context.fillLine, (message as ReadResp).data, 'demand', out)
        const data = readSlot(context.array, shape, slot, addr, words)
        out.give('scu', { type: 'read.resp', addr, data, from, ok: true, txn } as ReadResp)
        context.fillLine = -1
        forgetRequest(context)
      },
    },
    failFill: {
      description: 'gives the reserved slot up and answers the read with an error',
      sends: { scu: 1 },
      run: (context, _message, out) => {
        const { from, txn, addr } = context.request
        clearSlot(context.array, shape, findSlot(context.array, shape, context.fillLine))
        out.send('scu', { type: 'read.resp', from, txn, addr, data: [], ok: false } as ReadResp)
        context.fillLine = -1
        forgetRequest(context)
      },
    },
    readMemory: {
      description: 'reads from memory, past the array',
      sends: { bus: 1 },
      run: (context, message, out) => {
        const { addr, words, memory, exclusive } = message as ReadReq
        keepRequest(context, message as ReadReq)
        context.readLine = lineOf(shape, addr)
        const read: ReadReq = { type: 'read.req', from: config.id, txn: busTxn.demand, addr, words, memory }
        out.send('bus', exclusive === undefined ? read : ({ ...read, exclusive } as ReadReq))
      },
    },
    passReadAnswer: {
      description: "passes memory's answer on",
      sends: { scu: 1 },
      run: (context, message, out) => {
        const { from, txn, addr } = context.request
        const { data, ok } = message as ReadResp
        out.give('scu', { type: 'read.resp', addr, data, from, ok, txn } as ReadResp)
        context.readLine = -1
        forgetRequest(context)
      },
    },
    prefetchLine: {
      description: 'reserves a slot and reads the line behind the last fill',
      sends: { bus: 1 },
      run: (context, _message, out) => {
        const line = context.lastLine + 1
        makeRoom(context, config, shape, line, lineState.filling, out)
        context.prefetchLine = line
        context.lastLine = lastFilled(config, shape, line)
        readLine(out, line, busTxn.prefetch)
      },
    },
    fillPrefetch: {
      description: 'takes a prefetched line in',
      run: (context, message, out) => {
        fill(context, config, shape, context.prefetchLine, (message as ReadResp).data, 'speculation', out)
        context.prefetchLine = -1
      },
    },
    failPrefetch: {
      description: 'gives the reserved slot up',
      run: (context) => {
        clearSlot(context.array, shape, findSlot(context.array, shape, context.prefetchLine))
        context.prefetchLine = -1
      },
    },
  }
}

/** The store and eviction buffer, and what the cache pushes into it of its own accord. */
function bufferActions(config: Pl310Config, shape: CacheShape): Actions {
  return {
    bufferWrite: {
      description: 'puts a write that goes around the array into the buffer',
      run: (context, message) => {
        bufferWrite(context, shape, message as WriteReq)
      },
    },
    beginWriteThrough: {
      description: 'puts a write into the buffer; its answer waits until memory has it',
      run: (context, message) => {
        const { from, txn, addr, exclusive = -1 } = message as WriteReq
        const entry = bufferWrite(context, shape, message as WriteReq)
        Object.assign(context.request, { from, txn, addr, words: 0, entry, exclusive })
      },
    },
    answerWriteThrough: {
      description: 'tells the SCU that memory has the write',
      sends: { scu: 1 },
      run: (context, message, out) => {
        const { from, txn, addr } = context.request
        const { ok, failed } = message as WriteResp
        const answer: WriteResp = { type: 'write.resp', from, txn, addr, ok }
        out.send('scu', failed ? ({ ...answer, failed } as WriteResp) : answer)
        forgetRequest(context)
      },
    },
    drainEntry: {
      description: 'writes a buffer entry to memory',
      sends: { bus: 1 },
      run: ({ buffer, request }, message, out) => {
        const entry = (message as SpontaneousMessage).value
        const addr = addrOf(shape, buffer.lines[entry] as number) + (buffer.offsets[entry] as number)
        const memory = buffer.evictions[entry] === 1 ? 'cacheable' : 'non-cacheable'
        const data = entryData(buffer, entry)
        const txn = busTxn.firstEntry + entry
        buffer.states[entry] = entryState.draining
        const write: WriteReq = { type: 'write.req', from: config.id, txn, addr, data, memory }
        const isExclusive = request.exclusive >= 0 && request.entry === entry
        out.send('bus', isExclusive ? ({ ...write, exclusive: request.exclusive } as WriteReq) : write)
      },
    },
    releaseEntry: {
      description: 'memory has the entry; it is free',
      run: (context, message) => releaseEntry(context.buffer, (message as WriteResp).txn - busTxn.firstEntry),
    },
    vanishLine: {
      description: 'drops an unmodified line',
      run: (context, message, out) => {
        maintainSlot(context, config, shape, (message as SpontaneousMessage).value, 'evict', out)
      },
    },
    evictLine: {
      description: 'moves a dirty line into the buffer',
      run: (context, message, out) =>
        maintainSlot(context, config, shape, (message as SpontaneousMessage).value, 'evict', out),
    },
  }
}

function keepRequest(context: Pl310Context, { from, txn, addr, words }: ReadReq): void {
  const { request } = context
  request.from = from
  request.txn = txn
  request.addr = addr
  request.words = words
}

/** Equal caches are equal data: nothing stays behind of a transaction that has been answered. */
function forgetRequest({ request }: Pl310Context): void {
  request.from = ''
  request.txn = 0
  request.addr = 0
  request.words = 0
  request.entry = 0
  request.exclusive = -1
}

/** Buffers a write that goes around the array; returns its entry. */
function bufferWrite(context: Pl310Context, shape: CacheShape, { addr, data }: WriteReq): number {
  return putEntry(context.buffer, { line: lineOf(shape, addr), offset: offsetOf(shape, addr), data, eviction: false })
}
