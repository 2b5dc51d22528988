/** Oracle | dma-debug's bookkeeping: which mark is which hook, and what it finds. */

import type { CpuMark } from '../../../machines/protocol.ts'
import { hex } from '../../base/bits.ts'
import type { MappingKind } from '../../dma/marks.ts'
import type { History } from '../history.ts'
import { directionArg, numberArg } from '../history-buffers.ts'
import type { OracleConfig, OwnView, StepInfo } from '../oracle.ts'
import { checkAddress, checkMapped } from './check-map.ts'
import { checkSync } from './check-sync.ts'
import { checkUnmap, noteChecked } from './check-unmap.ts'
import type { DebugTable, Reference } from './entries.ts'
import { type Finding, finding, mappedAt, type Site } from './findings.ts'

const failed = 0xffffffff

const nothing: readonly Finding[] = []

/** Takes a mark into account: what the call itself tells dma-debug, and what an edition's own hooks do. */
export function listen(view: OwnView, event: CpuMark, where: StepInfo): void {
  const { history, config, diagnosis } = view
  const { debug, hooked } = history
  view.findings = nothing
  view.hookFindings = nothing
  if (event.name === 'dma.hook') {
    hooked.used = true
    if (!hooked.disabled) view.hookFindings = account(hooked, history, config, { event, where, diagnosis })
    return
  }
  if (event.name === 'device.mask') noteMask(debug, event)
  // Addresses that a program hands out itself are no business of the DMA API.
  if (debug.disabled || !names.has(event.name) || event.args.kind === 'address') return
  view.findings = accountCall(history, config, { event, where, diagnosis })
  if (view.findings.length === 0) return
  diagnosis.debugErrors += view.findings.length
  view.isShown = !debug.shown
  debug.shown = config.dmaDebug.show === 'first'
}

const names: ReadonlySet<string> = new Set(['dma.call', 'dma.return', 'device.released'])

/** What the kernel's wrappers tell dma-debug, at the moment they do. */
function accountCall(history: History, config: OracleConfig, site: Site): readonly Finding[] {
  const { event } = site
  const table = history.debug
  if (event.name === 'device.released') return checkReleased(table, site)
  return hooksAt(event) ? account(table, history, config, site) : checkBefore(table, config, site)
}

/** Unmap_sg and free tell dma-debug before they do anything, all others afterwards: linux/dma-mapping.h, v3.6. */
function hooksAt(event: CpuMark): boolean {
  const { op, kind } = event.args
  const first = op === 'free' || (op === 'unmap' && kind === 'sg')
  return event.name === (first ? 'dma.call' : 'dma.return')
}

/** What is checked before an operation begins. */
function checkBefore(table: DebugTable, config: OracleConfig, site: Site): readonly Finding[] {
  const { event } = site
  if (event.name !== 'dma.call') return nothing
  if (event.args.op === 'map' && event.args.kind === 'single' && event.args.va !== undefined) {
    return checkAddress(config, site, referenceOf(event))
  }
  return event.args.op === 'alloc' ? checkSize(table, site) : nothing
}

/** Arm's alloc: as many bytes as the mask reaches are never to be had. */
function checkSize(table: DebugTable, site: Site): readonly Finding[] {
  const { device, bytes } = referenceOf(site.event)
  const mask = table.masks.find((one) => one.device === device)?.mask
  if (mask === undefined) return nothing
  const limit = ((mask + 1) & ~mask) >>> 0
  if (limit === 0 || bytes < limit) return nothing
  const did = `asked for ${bytes} bytes of coherent memory`
  const what = `below ${hex(mask)}`
  const expected = `fewer than ${limit} bytes`
  const likely = 'the mask was set for another device, or never widened'
  return [finding('alloc-too-big', site, { device, handle: failed }, { did, what, expected, likely })]
}

function noteMask(table: DebugTable, event: CpuMark): void {
  if (numberArg(event, 'coherent') === 0) return
  const device = String(event.args.device)
  const mask = numberArg(event, 'mask') >>> 0
  const known = table.masks.find((one) => one.device === device)
  if (known === undefined) table.masks.push({ device, mask })
  else known.mask = mask
}

function account(table: DebugTable, history: History, config: OracleConfig, site: Site): readonly Finding[] {
  const { event } = site
  const reference = referenceOf(event)
  switch (event.args.op) {
    case 'map':
    case 'alloc':
      return mapped(table, history, config, site, reference)
    case 'unmap':
    case 'free':
      return checkUnmap(table, site, reference)
    case 'sync-for-cpu':
    case 'sync-for-device': {
      const range = { ...reference, handle: (reference.handle + numberArg(event, 'offset')) >>> 0 }
      return checkSync(table, site, range, event.args.op === 'sync-for-cpu')
    }
    case 'mapping-error':
      noteChecked(table, reference)
      return nothing
    default:
      return nothing
  }
}

/** Failed mappings are not recorded. */
function mapped(
  table: DebugTable,
  history: History,
  config: OracleConfig,
  site: Site,
  reference: Reference,
): readonly Finding[] {
  const { event } = site
  if (reference.handle === failed || (reference.kind === 'coherent' && reference.va === 0)) return nothing
  const { kind } = reference
  // A kernel address matters later only where free has to name it again.
  const va = kind === 'coherent' ? reference.va : 0
  const entry = { ...reference, va, checked: kind === 'sg' || kind === 'coherent' }
  return checkMapped(table, history, config, site, entry, {
    skipsSync:
      kind === 'coherent' ||
      String(event.args.attrs ?? '')
        .split(' ')
        .includes('skip-cpu-sync'),
    maxSegmentBytes: numberArg(event, 'maxSegmentBytes') || maxSegmentBytesDefault,
    segmentBoundary: event.args.segmentBoundary === undefined ? -1 : numberArg(event, 'segmentBoundary'),
  })
}

/** `dma_get_max_seg_size` of a device that announced nothing. */
const maxSegmentBytesDefault = 65536 // HF-357

function referenceOf(event: CpuMark): Reference {
  const { args } = event
  const op = args.op
  const coherent = op === 'alloc' || op === 'free'
  const kind = (args.kind ?? (coherent ? 'coherent' : 'single')) as MappingKind
  const handle = numberArg(event, 'handle') >>> 0
  return {
    device: String(args.device),
    kind,
    handle,
    bytes: numberArg(event, 'bytes'),
    direction: directionArg(event),
    entries: kind === 'sg' ? numberArg(event, 'entries') : 0,
    va: numberArg(event, 'va') >>> 0,
    addr: args.addr === undefined ? handle : numberArg(event, 'addr') >>> 0,
  }
}

/** `dma_debug_device_change`: the driver is unbound. */
function checkReleased(table: DebugTable, site: Site): readonly Finding[] {
  const device = String(site.event.args.device)
  const left = table.entries.filter((entry) => entry.device === device)
  const first = left[0]
  if (first === undefined) return nothing
  const did = `released the device with ${left.length} live ${left.length === 1 ? 'mapping' : 'mappings'}, among them`
  const what = `${first.kind} mapping of ${first.bytes} bytes, ${mappedAt(site.diagnosis, first)}`
  const likely = `the driver's remove leaves it behind: a ${what}`
  return [finding('device-pending', site, first, { did, expected: 'none', likely })]
}
