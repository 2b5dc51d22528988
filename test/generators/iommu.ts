/** Test | messages for an IOMMU: drivers, devices, cores and a memory that all behave now and then. */

import { board, litmus } from '../../machines/geometry.ts'
import { deviceEntryWord, leafDescriptor } from '../../machines/iommu/descriptors.ts'
import { lineWords } from '../../machines/iommu/lines.ts'
import { defaultIommuConfig, fullIommuConfig } from '../../machines/iommu/machine.ts'
import { commandWrite, type IommuCommand, iommuRegs, statusWriter } from '../../machines/iommu/regs.ts'
import { tlbCovers } from '../../machines/iommu/tlb.ts'
import type { IommuConfig, IommuContext, Walk } from '../../machines/iommu/types.ts'
import { sectionBytes, tableDescriptor } from '../../machines/sysmmu/walk.ts'
import type { Prng } from '../../src/base/prng.ts'
import type { Message } from '../../src/kernel/actor.ts'

const twoDevices = [
  { from: 'd0', accessPort: 'd0' },
  { from: 'd1', accessPort: 'd1', translatePort: 'd1' },
]

/** What is compared: the plainest one, everything at once, and what excludes each other. */
export const iommuConfigs: Readonly<Record<string, IommuConfig>> = {
  plain: defaultIommuConfig,
  'choices undeclared': {
    ...defaultIommuConfig,
    walkCacheEntries: 1,
    features: { tlbPrefetch: false, tlbEviction: false, tlbiBroadcast: false },
  },
  full: fullIommuConfig,
  cores: {
    ...defaultIommuConfig,
    requesters: ['cpu0', 'cpu1'].map((from) => ({ from, translatePort: from, keeps: 'core' as const })),
    tlbs: 'each',
    roots: [litmus.dram.base, litmus.dram.base + 8],
  },
  'board, multi-hit faults': {
    ...defaultIommuConfig,
    geometry: board,
    tlbEntries: 8,
    multipleHits: 'fault',
    walksInFlight: 'ignored',
    walkCacheEntries: 4,
    lineFetch: true,
    power: true,
    prefetchPages: [0, 1, 256].map((page) => board.iova.base + page * board.pageBytes),
    features: { tlbPrefetch: true, tlbEviction: true, tlbiBroadcast: true },
  },
  'device table read each time': {
    ...defaultIommuConfig,
    requesters: twoDevices,
    deviceTable: { base: litmus.dram.base + 0x20, kept: false },
    tlbEntries: 6,
    faultCache: true,
    accessesInFlight: 'ignored',
    queueEntries: 1,
    slots: [litmus.dram.base + 0x38],
    interruptLine: 131,
  },
}

type Present = { readonly value: unknown; readonly context: IommuContext }

/** A generator for one configuration. */
export function iommuMessages(config: IommuConfig): (prng: Prng, present: Present) => Message | undefined {
  return (prng, { value, context }) => {
    if (prng.chance(1, 500)) return undefined
    const state = JSON.stringify(value)
    // A walk is short, so what meets its end must come often.
    if (/"(disabling|blocking)"/.test(state) && prng.chance(1, 2)) return atGate(config, prng, context)
    if (prng.chance(1, 3)) {
      const answer = walkAnswer(config, prng, context, state)
      if (answer !== undefined) return answer
    }
    if (state.includes('choosing') && prng.chance(1, 3)) return choosing(config, prng, context)
    if (/cores|device"/.test(state) && prng.chance(1, 3)) return { type: 'atc.done' }
    if (state.includes('"status"') && prng.chance(1, 3)) return statusAnswer(config, prng)
    if (state.includes('unpowered') && prng.chance(1, 4)) return { type: prng.chance(1, 4) ? 'power.off' : 'power.on' }
    if (/unpowered|"off"/.test(state) && prng.chance(1, 6)) return spontaneous(config, prng)
    if (/"off"|"blocked"/.test(state) && prng.chance(1, 10)) return command(config, { command: 'enable' })
    if (context.queue.length > 0 && prng.chance(1, 4)) return choice('command.execute', 0)
    switch (prng.below(12)) {
      case 0:
        return register(config, prng)
      case 1:
      case 2:
        return command(config, anyCommand(config, prng))
      case 3:
        return response(config, prng, context)
      case 4:
        return spontaneous(config, prng)
      case 5:
        return rare(config, prng)
      default:
        return request(config, prng, context)
    }
  }
}

const choice = (type: string, value: number): Message => ({ type, value }) as Message

/** Only what the configuration knows. */
function spontaneous(config: IommuConfig, prng: Prng): Message {
  const tlbs = config.tlbs === 'each' ? config.requesters.length : 1
  const keeps = config.walkCacheEntries > 0 || config.deviceTable?.kept === true
  const options = [
    choice('tlb.drop', prng.below(tlbs * config.tlbEntries + 1)),
    ...(keeps ? [choice('kept.drop', prng.below(config.walkCacheEntries + config.requesters.length + 1))] : []),
    ...(config.prefetchPages.length > 0
      ? [choice('tlb.prefetch', prng.below(config.prefetchPages.length * config.requesters.length + 1))]
      : []),
    ...(config.multipleHits === 'any'
      ? [choice('match.use', prng.below(config.requesters.length * config.tlbEntries))]
      : []),
    ...(config.queueEntries > 0 ? [choice('command.execute', 0)] : []),
  ]
  return prng.pick(options)
}

/** A choice for a request that waits for one; or the entries for it go. */
function choosing(config: IommuConfig, prng: Prng, { walks, tlbs }: IommuContext): Message {
  const { tlbEntries } = config
  const busy = walks.flatMap(({ kind }, walker) => (kind !== '' && walker < config.requesters.length ? [walker] : []))
  const requester = prng.chance(1, 8) ? prng.below(config.requesters.length) : prng.pick(busy)
  const { tag, addr, write } = walks[requester] as Walk
  const tlb = config.tlbs === 'each' ? requester : 0
  const { entries } = tlbs[tlb] as IommuContext['tlbs'][number]
  const matching = entries.flatMap((entry, at) => (tlbCovers(entry, tag, addr) ? [at] : []))
  if (matching.length === 0) return choice('match.use', requester * tlbEntries)
  if (prng.chance(1, 2)) return choice('tlb.drop', tlb * tlbEntries + prng.pick(matching))
  const refused = matching.filter(
    (at) => entries[at]?.kind === 'nothing' || (write && entries[at]?.kind === 'read-only'),
  )
  const at = refused.length > 0 && prng.chance(3, 4) ? prng.pick(refused) : prng.pick(matching)
  return choice('match.use', requester * tlbEntries + at)
}

/** What has to wait until no walk is under way. */
function atGate(config: IommuConfig, prng: Prng, context: IommuContext): Message {
  const page = prng.below(config.prefetchPages.length)
  return prng.pick([
    command(config, { command: prng.pick(['enable', 'block']) }),
    request(config, prng, context),
    ...(config.prefetchPages.length > 0 ? [choice('tlb.prefetch', page)] : []),
    ...(config.power ? [{ type: 'power.off' }] : []),
  ])
}

function rare(config: IommuConfig, prng: Prng): Message {
  const answers = config.requesters.some(({ keeps }) => keeps !== undefined)
  const options: Message[] = [
    ...(answers ? [{ type: 'atc.done' }] : []),
    ...(config.power ? [{ type: 'power.on' }, { type: 'power.off' }] : []),
    ...(config.slots.length > 0 ? [statusAnswer(config, prng)] : []),
  ]
  return options.length > 0 ? prng.pick(options) : register(config, prng)
}

function statusAnswer({ id, slots }: IommuConfig, prng: Prng): Message {
  return { type: 'write.resp', from: statusWriter(id), txn: 0, addr: prng.pick(slots), ok: true } as Message
}

/** A few pages of two sections. */
function pageOf({ geometry }: IommuConfig, prng: Prng): number {
  const section = prng.chance(1, 4) ? sectionBytes(geometry) : 0
  return geometry.iova.base + section + prng.below(3) * geometry.pageBytes
}

/** A page that several entries may be for. */
function pageAsked(config: IommuConfig, prng: Prng, { tlbs }: IommuContext): number {
  const entries = tlbs.flatMap((tlb) => tlb.entries)
  return entries.length > 0 && prng.chance(1, 2) ? prng.pick(entries).iova : pageOf(config, prng)
}

function request(config: IommuConfig, prng: Prng, context: IommuContext): Message {
  const { geometry, requesters } = config
  const requester = prng.pick(requesters)
  const from = prng.chance(1, 40) ? 'nobody' : requester.from
  const addr = pageAsked(config, prng, context) + prng.below(geometry.pageBytes / 4) * 4
  const txn = prng.below(3)
  const asks = requester.accessPort === undefined || (requester.translatePort !== undefined && prng.chance(1, 2))
  if (asks) return { type: 'translate.req', from, txn, addr, write: prng.chance(1, 2) } as Message
  const left = (geometry.pageBytes - (addr & (geometry.pageBytes - 1))) / 4
  const words = prng.chance(1, 12) ? left + 1 : 1 + prng.below(Math.min(left, 4))
  const access = { from, txn, addr, memory: 'non-cacheable', ...(prng.chance(1, 5) ? { translated: true } : {}) }
  if (prng.chance(1, 2)) return { type: 'read.req', ...access, words } as Message
  return { type: 'write.req', ...access, data: Array.from({ length: words }, () => prng.next() | 0) } as Message
}

/** What memory answers to one of the walks under way; undefined if there is none. */
function walkAnswer(config: IommuConfig, prng: Prng, { walks }: IommuContext, state: string): Message | undefined {
  const busy = walks.flatMap(({ kind }, walker) => (kind === '' ? [] : [walker]))
  if (busy.length === 0) return undefined
  const txn = prng.pick(busy)
  const region = regionOf(config, txn, state)
  if (region.includes('choosing')) return undefined
  const common = { type: 'read.resp', from: config.id, txn, addr: config.geometry.dram.base }
  if (prng.chance(1, 10)) return { ...common, data: [], ok: false } as Message
  return { ...common, data: wordsFor(config, prng, region), ok: true } as Message
}

/** State of one walker, as text. */
function regionOf({ requesters }: IommuConfig, walker: number, state: string): string {
  const name = walker < requesters.length ? `walker-${requesters[walker]?.from}` : 'ahead'
  const start = state.indexOf(`"${name}":`) + name.length + 3
  return /^(\{[^}]*\}|"[^"]*")/.exec(state.slice(start))?.[0] ?? ''
}

function wordsFor(config: IommuConfig, prng: Prng, region: string): number[] {
  const { geometry, roots } = config
  const attributes = { readOnly: prng.chance(1, 2), nonCacheable: prng.chance(1, 3) }
  const target = geometry.dram.base + prng.below(8) * sectionBytes(geometry)
  if (region.includes('word0')) return [(prng.chance(1, 5) ? 0 : deviceEntryWord(roots[0] as number)) | 0]
  if (region.includes('word1')) return [prng.chance(1, 8) ? 1 : 0]
  if (region.includes('level1')) {
    const links = prng.pick([true, true, false])
    if (links) return [tableDescriptor(geometry.dram.base + 0x400) | 0]
    return [prng.chance(1, 3) ? 0 : leafDescriptor('section', target, attributes) | 0]
  }
  return Array.from({ length: lineWords(config) }, () => {
    if (prng.chance(1, 4)) return 0
    return leafDescriptor(prng.pick(['page', 'page', 'large']), target, attributes) | 0
  })
}

/** Of an access under way, or of none. */
function response(config: IommuConfig, prng: Prng, { outstanding }: IommuContext): Message {
  const takesWrites = config.slots.length > 0 || config.requesters.some(({ accessPort }) => accessPort !== undefined)
  const known = outstanding.length > 0 && prng.chance(3, 4) ? prng.pick(outstanding) : undefined
  const from = known?.from ?? prng.pick([...config.requesters.map((one) => one.from), config.id, 'nobody'])
  const common = { from, txn: known?.txn ?? prng.below(3), addr: config.geometry.dram.base, ok: true }
  if ((known?.write ?? prng.chance(1, 2)) && takesWrites) return { type: 'write.resp', ...common } as Message
  return { type: 'read.resp', ...common, data: [prng.next() | 0] } as Message
}

function command({ base }: IommuConfig, given: IommuCommand): Message {
  return { type: 'reg.write.req', from: 'cpu0', txn: 0, ...commandWrite(base, given) } as Message
}

function anyCommand(config: IommuConfig, prng: Prng): IommuCommand {
  const iova = pageOf(config, prng)
  return prng.pick<IommuCommand>([
    { command: 'enable' },
    { command: 'disable' },
    { command: 'block' },
    { command: 'root', tag: prng.below(3) },
    { command: 'invalidate-all' },
    { command: 'invalidate-page', iova, tag: prng.below(2) },
    { command: 'invalidate-tag', tag: prng.below(2) },
    { command: 'invalidate-walks' },
    { command: 'invalidate-device', requester: prng.below(config.requesters.length + 1) },
    { command: 'sync' },
    { command: 'invalidate-atc', requester: prng.below(3), ...(prng.chance(1, 2) ? { iova } : {}) },
    { command: 'write-status', slot: prng.below(2), value: prng.below(4) },
  ])
}

/** Any register read, or a write that gives no command. */
function register({ base }: IommuConfig, prng: Prng): Message {
  const offsets = [...Object.values(iommuRegs), 0x14, 0x3fc]
  if (prng.chance(1, 2)) {
    return { type: 'reg.read.req', from: 'cpu0', txn: 1, addr: base + prng.pick(offsets) } as Message
  }
  const offset = prng.pick([iommuRegs.faultStatus, iommuRegs.faultAddr, iommuRegs.status, 0x14])
  return { type: 'reg.write.req', from: 'cpu0', txn: 1, addr: base + offset, value: prng.next() >>> 0 } as Message
}
