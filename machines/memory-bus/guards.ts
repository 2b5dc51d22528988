/** Memory bus | what the chart asks: whose request or response it is, where it goes, whether there is room. */

import { isAddressed, nextWaiting, ownersOf } from './routing.ts'
import type { MemoryBusConfig, MemoryBusContext, Request, Response } from './types.ts'

/** Parameters of guards and actions about a target; `index` is its place in the configuration. */
export interface TargetParams {
  readonly index: number
  readonly base: number
  readonly bytes: number
  readonly outstanding: number
}

/** Parameters about a target and an initiator, by its place in the configuration. */
export interface PairParams extends TargetParams {
  readonly initiator: number
}

/**
 * All guards of the chart. Every region asks about its own window, so the address comes first. `addressed` and what builds on it are false for ids that no initiator owns.
 */
export function memoryBusGuards(config: MemoryBusConfig) {
  const owners = ownersOf(config)
  const limits = config.initiators.map((initiator) => initiator.outstanding)
  const count = limits.length

  const ownerOf = (from: string): number => owners.get(from) ?? -1
  const addressed = (_ctx: MemoryBusContext, message: Request | Response, target: TargetParams): boolean =>
    isAddressed(target, message.addr) && owners.has(message.from)
  /** The initiator may start another transaction, and this is its target. */
  const mayStart = (ctx: MemoryBusContext, message: Request, target: TargetParams): boolean => {
    if (!isAddressed(target, message.addr)) return false
    const owner = ownerOf(message.from)
    return owner >= 0 && (ctx.initiatorLoad[owner] as number) < (limits[owner] as number)
  }
  const answers = (ctx: MemoryBusContext, message: Response, pair: PairParams): boolean =>
    isAddressed(pair, message.addr) &&
    ownerOf(message.from) === pair.initiator &&
    (ctx.pairLoad[pair.index * count + pair.initiator] as number) > 0
  const settles = (ctx: MemoryBusContext, message: Response, target: TargetParams): boolean =>
    isAddressed(target, message.addr) && (ctx.pairLoad[target.index * count + ownerOf(message.from)] ?? 0) > 0

  return {
    accepts: (ctx: MemoryBusContext, message: Request, target: TargetParams) =>
      mayStart(ctx, message, target) && (ctx.targetLoad[target.index] as number) < target.outstanding - 1,
    acceptsLast: mayStart,
    addressed,
    parks: (ctx: MemoryBusContext, message: Request, target: TargetParams) =>
      mayStart(ctx, message, target) && ctx.waiting[target.index * count + ownerOf(message.from)]?.type === '',
    answers,
    answersAndGrants: (ctx: MemoryBusContext, message: Response, pair: PairParams) =>
      answers(ctx, message, pair) && nextWaiting(ctx, pair.index) >= 0,
    settles,
    settlesAndGrants: (ctx: MemoryBusContext, message: Response, target: TargetParams) =>
      settles(ctx, message, target) && nextWaiting(ctx, target.index) >= 0,
    owned: (_ctx: MemoryBusContext, message: Request, params: { readonly initiator: number }) =>
      ownerOf(message.from) === params.initiator,
    acceptsFrom: (ctx: MemoryBusContext, message: Request, pair: PairParams) =>
      mayStart(ctx, message, pair) &&
      ownerOf(message.from) === pair.initiator &&
      (ctx.targetLoad[pair.index] as number) < pair.outstanding - 1,
    acceptsLastFrom: (ctx: MemoryBusContext, message: Request, pair: PairParams) =>
      mayStart(ctx, message, pair) && ownerOf(message.from) === pair.initiator,
    parksFrom: (ctx: MemoryBusContext, message: Request, pair: PairParams) =>
      mayStart(ctx, message, pair) &&
      ownerOf(message.from) === pair.initiator &&
      ctx.waiting[pair.index * count + pair.initiator]?.type === '',
  }
}
