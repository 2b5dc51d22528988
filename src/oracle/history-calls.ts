/** Oracle | history of calls: how deep each program of each core is in the DMA API. */

import type { CpuMark, CpuSwitch } from '../../machines/protocol.ts'
import type { CallDepths, History } from './history.ts'

/** Deeper than this is not counted: whoever is interested has seen it by then. */
const depthMax = 8

/** Marks of one segment of a scatter list: part of the call around it. */
export function isSegment({ args }: CpuMark): boolean {
  return args.kind === 'sg' && !String(args.op).includes('sg')
}

/** A call begins or ends. */
export function countCall(history: History, event: CpuMark): void {
  const { name, core, program, thread = 0 } = event
  if ((name !== 'dma.call' && name !== 'dma.return') || isSegment(event)) return
  const calls = history.calls[core]
  if (calls === undefined) return
  const depth = Math.max(0, Math.min(depthMax, callDepth(calls, event) + (name === 'dma.call' ? 1 : -1)))
  if (thread > 0) calls.threads[thread - 1] = depth
  else calls[program] = depth
}

/** Calls under way in one program. */
export function callDepth(calls: CallDepths, { program, thread = 0 }: Pick<CpuMark, 'program' | 'thread'>): number {
  return thread > 0 ? (calls.threads[thread - 1] ?? 0) : calls[program]
}

/** Whether a call is under way in what a core executes: its present thread, or the handler above it. */
export function isInCall(history: History, core: number): boolean {
  const calls = history.calls[core]
  return calls !== undefined && callDepth(calls, { program: 'main', thread: calls.thread }) + calls.interrupt > 0
}

/** A core goes on with another thread. */
export function switchThread(history: History, { core, thread }: CpuSwitch): void {
  const calls = history.calls[core]
  if (calls !== undefined) calls.thread = thread
}
