/** Tests | the smallest systems with an IOMMU: one core that unmaps, one device that goes on writing, memory, a freed page. */

import { type AtcConfig, defaultAtcConfig, defineAtc } from '../../machines/atc/machine.ts'
import { litmus } from '../../machines/geometry.ts'
import { leafDescriptor } from '../../machines/iommu/descriptors.ts'
import { defaultIommuConfig, defineIommu, type IommuConfig } from '../../machines/iommu/machine.ts'
import { commandWrite, type IommuCommand, iommuStatus, statusAddr, statusWriter } from '../../machines/iommu/regs.ts'
import { level1Addr, level2Addr, tableDescriptor } from '../../machines/sysmmu/walk.ts'
import { type CheckableSystem, defineSystem, never } from '../../src/explore/define-system.ts'
import type { Message, Out } from '../../src/kernel/actor.ts'
import { fakeActor, message } from './fake-actor.ts'

/** What the core does, in order. */
export type CoreStep =
  | { readonly do: 'store'; readonly addr: number; readonly value: number }
  | { readonly do: 'command'; readonly command: IommuCommand }
  /** Until STATUS is not busy. */
  | { readonly do: 'poll-status' }
  /** Until memory holds the value. */
  | { readonly do: 'poll'; readonly addr: number; readonly value: number }
  /** From here on no device may write to the page. */
  | { readonly do: 'free'; readonly addr: number }

const root = litmus.dram.base
const table = root + 0x10

/** Places that the tests name: two IO pages, two pages of memory, a status word. */
export const places = {
  root,
  table,
  slot: root + 0x38,
  v0: litmus.iova.base,
  v1: litmus.iova.base + litmus.pageBytes,
  p0: root + 0x100,
  p1: root + 0x110,
}

/** Address of the leaf descriptor of an IO page. */
export function leafOf(iova: number): number {
  return level2Addr(litmus, tableDescriptor(table), iova)
}

type Fields = Message & { readonly from: string; readonly txn: number; readonly addr: number; readonly words: number }

function core(base: number, program: readonly CoreStep[]) {
  const send = (step: CoreStep, out: Out): void => {
    const common = { from: 'cpu0', txn: 0 }
    switch (step.do) {
      case 'store':
        out.send('memory', message('write.req', { ...common, addr: step.addr, data: [step.value | 0] }))
        return
      case 'command':
        out.send('regs', message('reg.write.req', { ...common, ...commandWrite(base, step.command) }))
        return
      case 'poll-status':
        out.send('regs', message('reg.read.req', { ...common, addr: statusAddr(base) }))
        return
      case 'poll':
        out.send('memory', message('read.req', { ...common, addr: step.addr, words: 1 }))
        return
      case 'free':
        out.send('memory', message('page.free', { addr: step.addr }))
    }
  }
  const next = {
    run: (context: { at: number; waits: boolean }) => Object.assign(context, { at: context.at + 1, waits: false }),
  }
  return fakeActor({
    id: 'cpu0',
    in: { memory: ['write.resp', 'read.resp', 'page.freed'], regs: ['reg.write.resp', 'reg.read.resp'] },
    out: { memory: ['write.req', 'read.req', 'page.free'], regs: ['reg.write.req', 'reg.read.req'] },
    context: { at: 0, waits: false },
    spontaneous: [{ event: 'go', kind: 'must', when: ({ at, waits }) => !waits && at < program.length }],
    finished: ({ at }) => at === program.length,
    on: {
      go: {
        sends: ({ at }) => {
          const step = program[at] as CoreStep
          return step.do === 'command' || step.do === 'poll-status' ? { regs: 1 } : { memory: 1 }
        },
        run: (context, _message, out) => {
          context.waits = true
          send(program[context.at] as CoreStep, out)
        },
      },
      'write.resp': next,
      'page.freed': next,
      'reg.write.resp': next,
      'reg.read.resp': {
        run: (context, answer) => {
          if (((answer as Message & { value: number }).value & iommuStatus.busy) === 0) context.at++
          context.waits = false
        },
      },
      'read.resp': {
        run: (context, answer) => {
          const step = program[context.at] as CoreStep & { value: number }
          if ((answer as Message & { data: number[] }).data[0] === step.value) context.at++
          context.waits = false
        },
      },
    },
  })
}

/** Where a message came in: by who sent it. */
function portOf(from: string, id: string): string {
  if (from === id) return 'walk'
  return from === 'cpu0' || from === statusWriter(id) ? from : 'bus'
}

/** Answers at once; what lands in a page that was freed is `late`. */
function memory(id: string, initial: Readonly<Record<number, number>>) {
  const ports = ['cpu0', 'walk', 'bus', statusWriter(id)]
  const answered = {
    sends: (_context: unknown, { from }: Message & { from?: string }) => ({ [portOf(from as string, id)]: 1 }),
  }
  return fakeActor({
    id: 'memory',
    in: Object.fromEntries(ports.map((port) => [port, ['read.req', 'write.req', 'page.free']])),
    out: {
      ...Object.fromEntries(ports.map((port) => [port, ['read.resp', 'write.resp']])),
      walk: ['read.resp'],
      cpu0: ['read.resp', 'write.resp', 'page.freed'],
    },
    context: { words: { ...initial } as Record<number, number>, freed: -1 },
    on: {
      'read.req': {
        ...answered,
        run: ({ words }, request, out) => {
          const { from, txn, addr, words: count } = request as Fields
          const data = Array.from({ length: count }, (_, at) => words[addr + at * 4] ?? 0)
          out.send(portOf(from, id), message('read.resp', { from, txn, addr, data, ok: true }))
        },
      },
      'write.req': {
        ...answered,
        run: (context, request, out) => {
          const { from, txn, addr, data } = request as Fields & { data: number[] }
          // Data are of no interest where nobody reads them back.
          if (portOf(from, id) !== 'bus') context.words[addr] = data[0] as number
          else if (addr === context.freed) out.emit(message('late', { addr }))
          out.send(portOf(from, id), message('write.resp', { from, txn, addr, ok: true }))
        },
      },
      'page.free': {
        sends: { cpu0: 1 },
        run: (context, request, out) => {
          context.freed = (request as Fields).addr
          out.send('cpu0', message('page.freed'))
        },
      },
    },
  })
}

/** Writes to these IO addresses, one after the other, whenever it likes. */
function device(iovas: readonly number[]) {
  return fakeActor({
    id: 'd0',
    in: { bus: ['read.resp', 'write.resp'] },
    out: { bus: ['write.req'] },
    context: { at: 0, waits: false },
    spontaneous: [{ event: 'go', kind: 'must', when: ({ at, waits }) => !waits && at < iovas.length }],
    finished: ({ at }) => at === iovas.length,
    on: {
      go: {
        sends: { bus: 1 },
        run: (context, _message, out) => {
          context.waits = true
          const addr = iovas[context.at] as number
          out.send('bus', message('write.req', { from: 'd0', txn: 0, addr, data: [1], memory: 'non-cacheable' }))
        },
      },
      'write.resp': { run: (context) => Object.assign(context, { at: context.at + 1, waits: false }) },
    },
  })
}

/** The system; `late` is violated if a write of the device lands in the page after the core has freed it. */
export function iommuSystem(options: {
  readonly program: readonly CoreStep[]
  /** IO addresses that the device writes to. */
  readonly accesses: readonly number[]
  readonly iommu?: Partial<IommuConfig>
  /** The device has a translation cache. */
  readonly atc?: Partial<AtcConfig>
}): CheckableSystem {
  const { program, accesses } = options
  const requester = options.atc
    ? ({ from: 'd0', accessPort: 'd0', translatePort: 'd0', keeps: 'atc' } as const)
    : { from: 'd0', accessPort: 'd0' }
  const config: IommuConfig = { ...defaultIommuConfig, requesters: [requester], slots: [places.slot], ...options.iommu }
  const { id } = config
  const initial = {
    [level1Addr(litmus, root, places.v0)]: tableDescriptor(table) | 0,
    [leafOf(places.v0)]: leafDescriptor('page', places.p0) | 0,
    [leafOf(places.v1)]: leafDescriptor('page', places.p1) | 0,
  }
  const now = { order: 'rendezvous', capacity: 0 } as const
  const both = (a: string, b: string) => [
    { from: a, to: b, ...now },
    { from: b, to: a, ...now },
  ]
  return defineSystem({
    id: 'iommu-unmap',
    actors: {
      cpu0: { ...core(config.base, program), ends: true },
      memory: memory(id, initial),
      d0: { ...device(accesses), ends: true },
      [id]: defineIommu(config),
      ...(options.atc ? { atc0: defineAtc({ ...defaultAtcConfig, translates: false, ...options.atc }) } : {}),
    },
    channels: [
      ...both('cpu0.memory', 'memory.cpu0'),
      ...both('cpu0.regs', `${id}.regs`),
      ...(options.atc
        ? [
            ...both('d0.bus', 'atc0.device'),
            ...both('atc0.bus', `${id}.d0`),
            ...both(`${id}.atc-d0`, 'atc0.invalidate'),
          ]
        : both('d0.bus', `${id}.d0`)),
      // What somebody else can get ahead of: translated accesses on their way, and descriptors that memory has read.
      { from: `${id}.bus`, to: 'memory.bus', capacity: 2 },
      { from: 'memory.bus', to: `${id}.bus`, ...now },
      { from: `${id}.walk`, to: 'memory.walk', ...now },
      { from: 'memory.walk', to: `${id}.walk`, capacity: 2 },
      { from: `${id}.status`, to: `memory.${statusWriter(id)}`, capacity: 1 },
      { from: `memory.${statusWriter(id)}`, to: `${id}.status`, ...now },
    ],
    properties: { late: never('late') },
  })
}
