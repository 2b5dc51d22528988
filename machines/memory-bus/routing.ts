/** Memory bus | address decode, ownership of transaction ids, and the queue in front of a full lane; pure functions. */

import type { LaneConfig, MemoryBusConfig, MemoryBusContext, Request, TargetConfig, WaitingRequest } from './types.ts'

/** A table from `from` to the place of its initiator: how responses find their way back, HF-231. */
export function ownersOf(config: MemoryBusConfig): ReadonlyMap<string, number> {
  const owners = new Map<string, number>()
  config.initiators.forEach((initiator, at) => {
    for (const from of initiator.from) owners.set(from, at)
  })
  return owners
}

/** Whether `addr` lies in the target's window. */
export function isAddressed(target: TargetConfig, addr: number): boolean {
  return (addr - target.base) >>> 0 < target.bytes
}

/** Place in the lane of the target whose window holds `addr`; -1 for none. */
export function targetAt(lane: LaneConfig, addr: number): number {
  const targets = lane.targets
  for (let at = 0; at < targets.length; at++) if (isAddressed(targets[at] as TargetConfig, addr)) return at
  return -1
}

/** An empty place in front of a full lane. */
export function nothingWaiting(): WaitingRequest {
  return { type: '', from: '', txn: 0, addr: 0, words: 0, data: [], value: 0, memory: 'non-cacheable', exclusive: -1 }
}

/** A copy of `request` in the form in which it waits. */
export function toWaiting(request: Request): WaitingRequest {
  const { type, from, txn, addr } = request
  const waiting: WaitingRequest = { ...nothingWaiting(), type, from, txn, addr }
  if (request.type === 'read.req') waiting.words = request.words
  if (request.type === 'write.req') waiting.data = request.data.slice()
  if (request.type === 'reg.write.req') waiting.value = request.value
  if (request.type === 'read.req' || request.type === 'write.req') {
    waiting.memory = request.memory
    waiting.exclusive = request.exclusive ?? -1
  }
  return waiting
}

/** The request as it came. It must not be empty. */
export function fromWaiting(waiting: WaitingRequest): Request {
  const { type, from, txn, addr, words, data, value, memory } = waiting
  const exclusive = waiting.exclusive < 0 ? {} : { exclusive: waiting.exclusive }
  switch (type) {
    case 'read.req':
      return { type, from, txn, addr, words, memory, ...exclusive }
    case 'write.req':
      return { type, from, txn, addr, data, memory, ...exclusive }
    case 'reg.write.req':
      return { type, from, txn, addr, value }
    default:
      return { type: 'reg.read.req', from, txn, addr }
  }
}

/** Place of the next initiator, after the one granted last, that waits at `lane`; -1 when none does: HF-232. */
export function nextWaiting(ctx: MemoryBusContext, lane: number): number {
  const count = ctx.initiatorLoad.length
  const last = ctx.turn[lane] as number
  for (let step = 1; step <= count; step++) {
    const initiator = (last + step) % count
    if (ctx.waiting[lane * count + initiator]?.type !== '') return initiator
  }
  return -1
}
