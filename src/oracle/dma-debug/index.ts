/** Oracle | the family dma-debug/*: one oracle for each class of misuse of the DMA API that the kernel's dma-debug reports. */

import type { PageOwner } from '../../../machines/protocol.ts'
import { hex } from '../../base/bits.ts'
import type { Handler, Oracle, StepInfo, View, Violate } from '../oracle.ts'
import { type DebugClass, type DebugClassName, debugClasses, debugClassNames } from './classes.ts'
import { type DebugEntry, trackedLine } from './entries.ts'
import { mappedAt } from './findings.ts'

type Nothing = Record<string, never>

/** What was found in this mark. All of them share one table, in the history. */
function reporter(name: DebugClassName): Handler<Nothing, 'cpu.mark'> {
  return (_state, _event, violate, _where, { findings, isShown }) => {
    if (findings.length === 0 || !isShown) return
    for (const one of findings) if (one.name === name) violate({ message: one.message, handle: one.handle })
  }
}

/** `debug_dma_assert_idle`: a page is freed, or given to somebody else, while a device may write it. */
function pageTouched(_state: Nothing, event: PageOwner, violate: Violate, where: StepInfo, view: View): void {
  const { entries } = view.history.debug
  if (entries.length === 0 || event.owner !== 'free') return
  const { lineBytes, pageBytes } = view.config
  const entry = entries.find((one) => trackedLine(one, lineBytes) >= 0 && isIn(one, event.addr, pageBytes))
  if (entry === undefined) return
  violate({
    message: `the page at ${hex(event.addr)} was freed at step ${where.step} while ${entry.device} may write it by the mapping at ${hex(entry.handle)}, ${mappedAt(view.diagnosis, entry)}, expected unmap first; likely the order of the two is wrong; dma-debug: "${debugClasses['cpu-touch'].phrase}"`,
    addr: event.addr,
    handle: entry.handle,
  })
}

function isIn(entry: DebugEntry, page: number, pageBytes: number): boolean {
  return entry.kind !== 'resource' && entry.addr >= page && entry.addr < page + pageBytes
}

export type DebugOracleName = `dma-debug/${DebugClassName}`

function oracleOf(name: DebugClassName): Oracle<Nothing> {
  const { always, description, phrase, since }: DebugClass = debugClasses[name]
  return {
    name: `dma-debug/${name}`,
    always,
    description: `${description}; dma-debug: "${phrase}"`,
    definition: `${description}; the kernel reports it${since === undefined ? '' : ` from ${since} on`} as "${phrase}" (docs/dma-debug.md)`,
    init: () => ({}),
    on: name === 'cpu-touch' ? { 'page.owner': pageTouched } : { 'cpu.mark': reporter(name) },
  }
}

export const debugOracles = Object.fromEntries(
  debugClassNames.map((name) => [`dma-debug/${name}`, oracleOf(name)]),
) as Readonly<Record<DebugOracleName, Oracle<Nothing>>>
