/** GIC | which interrupt a core is to take next: pending, enabled, targeted, and of sufficient priority. */

import { gicIdlePriority } from './regs.ts'
import type { GicContext } from './types.ts'

/** No line. */
export const noLine = -1

/** Whether the line at place `at` is pending: held high by its device, or made pending by a register write. */
export function isPending(ctx: GicContext, at: number): boolean {
  return (ctx.level[at] as boolean) || (ctx.latched[at] as boolean)
}

/** Place of the pending interrupt of highest priority for `core`, the lowest number first; `noLine` if there is none. */
export function highestPending(ctx: GicContext, core: number): number {
  let best = noLine
  for (let at = 0; at < ctx.level.length; at++) {
    if (!isPending(ctx, at) || !ctx.enabled[at] || ctx.activeCore[at] !== noLine) continue
    if (((ctx.targets[at] as number) & (1 << core)) === 0) continue
    if (best === noLine || (ctx.priority[at] as number) < (ctx.priority[best] as number)) best = at
  }
  return best
}

/** Priority of what `core` is handling; idle: lower than any. */
export function runningPriority(ctx: GicContext, core: number): number {
  let running = gicIdlePriority
  for (let at = 0; at < ctx.activeCore.length; at++) {
    if (ctx.activeCore[at] === core) running = Math.min(running, ctx.priority[at] as number)
  }
  return running
}

/** Place of the interrupt that the interface of `core` signals; `noLine` if masked, preceded, or nothing is pending. */
export function signalled(ctx: GicContext, core: number): number {
  const at = highestPending(ctx, core)
  if (at === noLine) return noLine
  const priority = ctx.priority[at] as number
  if (priority >= (ctx.priorityMask[core] as number)) return noLine
  const group = (0xff << ((ctx.binaryPoint[core] as number) + 1)) & 0xff // HF-224
  const running = runningPriority(ctx, core)
  return running === gicIdlePriority || (priority & group) < (running & group) ? at : noLine
}
