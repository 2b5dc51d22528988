/** Memory bus | what the chart does: forwards, answers, queues, grants, refuses. One action per port, for exact room. */

import type { ActionOut, Out } from '../../src/kernel/actor.ts'
import type { ActionDefinition } from '../../src/statechart/define.ts'
import type { BusError, RegWriteResp } from '../protocol.ts'
import type { Places } from './guards.ts'
import { fromWaiting, nextWaiting, nothingWaiting, ownersOf, toWaiting } from './routing.ts'
import type { MemoryBusConfig, MemoryBusContext, Request, Response } from './types.ts'

type Action = ActionDefinition<MemoryBusContext, never>

function reportError(out: Out, from: string, addr: number): void {
  const event: BusError = { type: 'bus.error', from, addr }
  out.emit(event)
}

/** The error answer to a request that no target takes: HF-230. */
function refusal(message: Request): Response {
  const { from, txn, addr } = message
  switch (message.type) {
    case 'read.req':
      return { type: 'read.resp', from, txn, addr, data: [], ok: false }
    case 'write.req':
      return { type: 'write.resp', from, txn, addr, ok: false }
    case 'reg.read.req':
      return { type: 'reg.read.resp', from, txn, addr, value: 0, ok: false }
    case 'reg.write.req':
      return { type: 'reg.write.resp', from, txn, addr, ok: false }
  }
}

/** All actions of the chart: `forward.<target>`, `grant.<target>`, `answer.<initiator>`, `post.…`, `refuse.…` and shared ones. */
export function memoryBusActions(config: MemoryBusConfig): Record<string, Action> {
  const owners = ownersOf(config)
  const count = config.initiators.length
  const begin = (ctx: MemoryBusContext, lane: number, initiator: number): void => {
    ctx.laneLoad[lane] = (ctx.laneLoad[lane] as number) + 1
    ctx.pairLoad[lane * count + initiator] = (ctx.pairLoad[lane * count + initiator] as number) + 1
  }
  const end = (ctx: MemoryBusContext, lane: number, initiator: number): void => {
    ctx.laneLoad[lane] = (ctx.laneLoad[lane] as number) - 1
    ctx.initiatorLoad[initiator] = (ctx.initiatorLoad[initiator] as number) - 1
    ctx.pairLoad[lane * count + initiator] = (ctx.pairLoad[lane * count + initiator] as number) - 1
  }
  const ownerOf = (from: string): number => owners.get(from) as number

  const actions: Record<string, Action> = {
    park: {
      description: 'keeps a copy of the request until the lane has room',
      run: (ctx: MemoryBusContext, message: Request, _out: Out, { lane }: Places) => {
        const initiator = ownerOf(message.from)
        ctx.waiting[lane * count + initiator] = toWaiting(message)
        ctx.initiatorLoad[initiator] = (ctx.initiatorLoad[initiator] as number) + 1
      },
    },
    settle: {
      description: 'takes the answer to a posted write, which its initiator has long had',
      run: (ctx: MemoryBusContext, message: Response, out: Out, { lane }: Places) => {
        end(ctx, lane, ownerOf(message.from))
        if ((message as RegWriteResp).ok === false) reportError(out, message.from, message.addr)
      },
    },
    rest: {
      description: 'forgets whose turn it is, since nobody waits',
      run: (ctx: MemoryBusContext, _message: Response, _out: Out, { lane }: Places) => {
        ctx.turn[lane] = 0
      },
    },
  }
  for (const { port } of config.lanes.flatMap((lane) => lane.targets)) {
    actions[`forward.${port}`] = {
      description: `hands the request to ${port}`,
      sends: { [port]: 1 },
      run: (ctx: MemoryBusContext, message: Request, out: ActionOut, { lane }: Places) => {
        const initiator = ownerOf(message.from)
        begin(ctx, lane, initiator)
        ctx.initiatorLoad[initiator] = (ctx.initiatorLoad[initiator] as number) + 1
        out.give(port, message)
      },
    }
    actions[`grant.${port}`] = {
      description: `hands the next waiting request, in turn of the initiators, to ${port}`,
      sends: { [port]: 1 },
      run: (ctx: MemoryBusContext, _message: Response, out: Out, { lane }: Places) => {
        const initiator = nextWaiting(ctx, lane)
        const place = lane * count + initiator
        const request = fromWaiting(ctx.waiting[place] as MemoryBusContext['waiting'][number])
        ctx.waiting[place] = nothingWaiting()
        ctx.turn[lane] = initiator
        begin(ctx, lane, initiator)
        out.send(port, request)
      },
    }
  }
  for (const { port } of config.initiators) {
    actions[`answer.${port}`] = {
      description: `hands the response to ${port}`,
      sends: { [port]: 1 },
      run: (ctx: MemoryBusContext, message: Response, out: ActionOut, { lane, initiator }: Places) => {
        end(ctx, lane, initiator)
        out.give(port, message)
      },
    }
    actions[`post.${port}`] = {
      description: `answers a register write of ${port} before the target has it`, // HF-234
      sends: { [port]: 1 },
      run: (_ctx: MemoryBusContext, message: Request, out: Out) => {
        const { from, txn, addr } = message
        const response: RegWriteResp = { type: 'reg.write.resp', from, txn, addr, ok: true }
        out.send(port, response)
      },
    }
    actions[`refuse.${port}`] = {
      description: `answers ${port} with an error: no target has the address`,
      sends: { [port]: 1 },
      run: (_ctx: MemoryBusContext, message: Request, out: Out) => {
        reportError(out, message.from, message.addr)
        out.send(port, refusal(message))
      },
    }
  }
  return actions
}
