/** Oracle | history of calls: how deep each program of each core is in the DMA API. */

import type { CpuMark } from '../../machines/protocol.ts'
import type { History } from './history.ts'

/** Deeper than this is not counted: whoever is interested has seen it by then. */
const depthMax = 8

/** Marks of one segment of a scatter list: part of the call around it. */
export function isSegment({ args }: CpuMark): boolean {
  return args.kind === 'sg' && !String(args.op).includes('sg')
}

/** A call begins or ends. */
export function countCall(history: History, event: CpuMark): void {
  const { name, core, program } = event
  if ((name !== 'dma.call' && name !== 'dma.return') || isSegment(event)) return
  const calls = history.calls[core]
  if (calls === undefined) return
  const depth = calls[program] + (name === 'dma.call' ? 1 : -1)
  calls[program] = Math.max(0, Math.min(depthMax, depth))
}
