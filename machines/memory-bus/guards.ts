/** Memory bus | what the chart asks: whose request or response it is, where it goes, whether there is room. */

import { isAddressed, nextWaiting, ownersOf, targetAt } from './routing.ts'
import type { LaneConfig, MemoryBusConfig, MemoryBusContext, Request, Response, TargetConfig } from './types.ts'

/** Places in the configuration, as parameters of guards and actions. -1: any. */
export interface Places {
  readonly lane: number
  /** In the lane. */
  readonly target: number
  readonly initiator: number
}

/** All guards of the chart. They are false for ids that no initiator owns, and for addresses outside the lane. */
export function memoryBusGuards(config: MemoryBusConfig) {
  const owners = ownersOf(config)
  const limits = config.initiators.map((initiator) => initiator.outstanding)
  const count = limits.length
  const ownerOf = (from: string): number => owners.get(from) ?? -1
  const laneOf = (places: Places): LaneConfig => config.lanes[places.lane] as LaneConfig

  const isFor = (places: Places, addr: number): boolean => {
    const lane = laneOf(places)
    return places.target < 0
      ? targetAt(lane, addr) >= 0
      : isAddressed(lane.targets[places.target] as TargetConfig, addr)
  }

  /** The initiator may start another transaction, and it is for this target and from this initiator. */
  const mayStart = (ctx: MemoryBusContext, message: Request, places: Places): boolean => {
    if (!isFor(places, message.addr)) return false
    const owner = ownerOf(message.from)
    if (owner < 0 || (places.initiator >= 0 && places.initiator !== owner)) return false
    return (ctx.initiatorLoad[owner] as number) < (limits[owner] as number)
  }
  /** A transaction of this initiator is under way in the lane. */
  const answers = (ctx: MemoryBusContext, message: Response, places: Places): boolean => {
    const owner = ownerOf(message.from)
    if (owner < 0 || (places.initiator >= 0 && places.initiator !== owner)) return false
    return (ctx.pairLoad[places.lane * count + owner] as number) > 0 && targetAt(laneOf(places), message.addr) >= 0
  }
  /** The next request to be granted is for this target. */
  const grants = (ctx: MemoryBusContext, places: Places): boolean => {
    const next = nextWaiting(ctx, places.lane)
    return next >= 0 && isFor(places, ctx.waiting[places.lane * count + next]?.addr as number)
  }

  return {
    accepts: (ctx: MemoryBusContext, message: Request, places: Places) =>
      mayStart(ctx, message, places) && (ctx.laneLoad[places.lane] as number) < laneOf(places).outstanding - 1,
    acceptsLast: mayStart,
    parks: (ctx: MemoryBusContext, message: Request, places: Places) =>
      mayStart(ctx, message, places) && ctx.waiting[places.lane * count + ownerOf(message.from)]?.type === '',
    isAddressed: (_ctx: MemoryBusContext, message: Request, places: Places) =>
      targetAt(laneOf(places), message.addr) >= 0 && owners.has(message.from),
    answers,
    answersAndGrants: (ctx: MemoryBusContext, message: Response, places: Places) =>
      answers(ctx, message, places) && grants(ctx, places),
    isOwned: (_ctx: MemoryBusContext, message: Request, params: { readonly initiator: number }) =>
      ownerOf(message.from) === params.initiator,
  }
}
