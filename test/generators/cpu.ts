/** Generators | cores with programs that reach every state, and messages for them: mostly plausible, some hostile. */

import { physical, pieceBytes } from '../../machines/cpu/access.ts'
import { canMiss, makeCore, position } from '../../machines/cpu/core.ts'
import type { CorePrograms, Instruction, Operand } from '../../machines/cpu/micro-op.ts'
import type { Code } from '../../machines/cpu/program.ts'
import { entryKinds } from '../../machines/cpu/store-buffer.ts'
import { isParked } from '../../machines/cpu/threads.ts'
import type { CpuConfig, CpuContext } from '../../machines/cpu/types.ts'
import { defaultFeatures } from '../../machines/features.ts'
import { board, type Geometry, litmus, memoryMap } from '../../machines/geometry.ts'
import type { Prng } from '../../src/base/prng.ts'
import type { Message } from '../../src/kernel/actor.ts'

/** Every instruction, on addresses and lengths that loaded words decide; main ends now and then. */
function programs(geometry: Geometry, withHandler: boolean): CorePrograms {
  const { lineBytes, linearBase, dram, reservedBytes, vmalloc, user } = geometry
  const masked = (mask: number): Operand => ['and', 'seed', mask]
  const words = lineBytes * 4 - 4
  const linear: Operand = ['add', linearBase + reservedBytes, masked(words)]
  const odd: Operand = ['add', linearBase + reservedBytes, masked(lineBytes * 4 - 1)]
  const window: Operand = ['add', vmalloc.base, masked(lineBytes * 4 - 4)]
  const holed: Operand = ['add', linearBase + dram.bytes - lineBytes, masked(words)]
  const some: Operand = ['and', ['shr', 'seed', 4], lineBytes * 7 - ((lineBytes * 7) % 4)]
  const fimc = memoryMap.fimc0.base
  const main: Instruction[] = [
    { op: 'label', name: 'again' },
    { op: 'load', va: linearBase + reservedBytes, to: 'seed' },
    { op: 'interrupts', enabled: 'on' },
    { op: 'branch', to: 'devices', when: ['eq', masked(3), 0] },
    { op: 'branch', to: 'windows', when: ['eq', masked(3), 1] },
    { op: 'store', va: linear, value: 'seed' },
    { op: 'load', va: linear, to: 'copy' },
    { op: 'store-range', va: linear, bytes: some, value: 'copy' },
    { op: 'load-range', va: linear, bytes: some },
    { op: 'maintain', action: 'clean', va: odd, bytes: some },
    { op: 'store', va: linear, value: 7 },
    { op: 'load-range', va: odd, bytes: masked(lineBytes * 4 - 1) },
    { op: 'dmb' },
    { op: 'store', va: odd, value: 5 },
    { op: 'load', va: odd, to: 'copy' },
    { op: 'maintain', action: 'invalidate', va: odd, bytes: lineBytes * 6 },
    { op: 'dsb' },
    { op: 'branch', to: 'again', when: ['ne', ['and', ['shr', 'seed', 9], 3], 0] },
    { op: 'label', name: 'devices' },
    { op: 'mmio-write', addr: fimc, value: 1 },
    { op: 'store-range', va: linear, bytes: some, value: 4, memory: 'strongly-ordered' },
    { op: 'load', va: linear, to: 'copy', memory: 'strongly-ordered' },
    { op: 'store', va: linear, value: 6, memory: 'non-cacheable' },
    { op: 'prefetch', va: odd, bytes: some },
    { op: 'evict', va: odd, bytes: lineBytes * 2 },
    { op: 'prefetch', va: odd, bytes: lineBytes },
    { op: 'l2-evict', addr: ['add', dram.base, masked(words)], bytes: some },
    { op: 'l2-maintain', action: 'clean', addr: ['add', dram.base, masked(words)], bytes: some },
    { op: 'l2-sync' },
    { op: 'mmio-read', addr: fimc + 4, to: 'copy' },
    { op: 'mmio-read', addr: ['add', fimc, masked(7)], to: 'copy' },
    { op: 'mmio-write', addr: ['add', fimc, masked(7)], value: 'copy' },
    { op: 'isb' },
    { op: 'interrupts', enabled: 'off' },
    { op: 'mark', name: 'buffer.queued', args: { handle: 'seed', who: { text: 'test' } } },
    { op: 'mark', name: 'stream.on', args: {} },
    { op: 'interrupts', enabled: 'off' },
    { op: 'branch', to: 'unmask', when: ['eq', masked(8), 0] },
    { op: 'wait-for-interrupt' },
    { op: 'label', name: 'unmask' },
    { op: 'interrupts', enabled: 'on' },
    { op: 'interrupts', enabled: 'on' },
    { op: 'wait-for-interrupt' },
    { op: 'branch', to: 'again', when: ['lt', ['and', ['shr', 'seed', 9], 15], 12] },
    { op: 'label', name: 'windows' },
    { op: 'store-range', va: window, bytes: lineBytes * 2, value: 3 },
    { op: 'load-range', va: window, bytes: lineBytes * 3 },
    { op: 'maintain', action: 'clean-invalidate', va: ['add', user.base, odd], bytes: lineBytes },
    { op: 'maintain', action: 'clean-invalidate', va: window, bytes: lineBytes * 5 },
    { op: 'prefetch', va: window, bytes: lineBytes * 3 },
    { op: 'prefetch', va: holed, bytes: lineBytes * 2 },
    { op: 'store', va: ['add', user.base, masked(words)], value: 8 },
    { op: 'load-range', va: holed, bytes: lineBytes * 2 },
    { op: 'store-range', va: holed, bytes: lineBytes * 2, value: 9 },
    { op: 'load', va: ['add', user.base, masked(words)], to: 'copy' },
    { op: 'call', call: 'flag.set', args: [0, 'copy'], to: [] },
    { op: 'call', call: 'mapping.find', args: [0, 'seed', 4], to: ['handled', 'copy'] },
    { op: 'branch', to: 'again', when: ['ge', 'handled', 2] },
    { op: 'set', to: 'handled', value: ['add', 'handled', 1] },
    { op: 'assert', that: ['ne', 'handled', 3], message: 'handled thrice' },
  ]
  const interrupt: Instruction[] = [
    { op: 'interrupts', enabled: 'off' },
    { op: 'mmio-read', addr: memoryMap.gicCpu.base + 12, to: 'line' },
    { op: 'set', to: 'handled', value: ['add', 'handled', 'line'] },
    { op: 'load-range', va: linear, bytes: lineBytes * 2 },
    { op: 'interrupts', enabled: 'on' },
    { op: 'branch', to: 'out', when: ['ne', ['and', 'line', 3], 0] },
    { op: 'wait-for-interrupt' },
    { op: 'label', name: 'out' },
    { op: 'return' },
  ]
  return { main, interrupt: withHandler ? interrupt : [] }
}

/** A loop of exclusive accesses: of cacheable, non-cacheable and Strongly-ordered memory, of the windows, of no memory. */
function exclusive(geometry: Geometry, features = defaultFeatures): CpuConfig {
  const { lineBytes, linearBase, reservedBytes, user } = geometry
  const linear: Operand = ['add', linearBase + reservedBytes, ['and', 'seed', lineBytes * 2 - 4]]
  const window: Operand = ['add', user.base, ['and', 'seed', lineBytes * 2 - 2]]
  const main: Instruction[] = [
    { op: 'label', name: 'again' },
    { op: 'load', va: linearBase + reservedBytes, to: 'seed' },
    { op: 'store', va: linear, value: 'seed' },
    { op: 'load-exclusive', va: linear, to: 'copy' },
    { op: 'store', va: linearBase + reservedBytes, value: 'copy' },
    { op: 'maintain', action: 'clean', va: linear, bytes: lineBytes },
    { op: 'store-exclusive', va: linear, value: 'copy', to: 'status' },
    { op: 'store-exclusive', va: linear, value: 3, to: 'status' },
    { op: 'maintain', action: 'clean', va: linear, bytes: lineBytes },
    { op: 'load-exclusive', va: linear, to: 'copy', memory: 'non-cacheable' },
    { op: 'branch', to: 'kept', when: ['eq', ['and', 'seed', 64], 0] },
    { op: 'clear-exclusive' },
    { op: 'label', name: 'kept' },
    { op: 'store-exclusive', va: linear, value: 5, to: 'status', memory: 'non-cacheable' },
    { op: 'load-exclusive', va: linear, to: 'copy', memory: 'strongly-ordered' },
    { op: 'store-exclusive', va: linear, value: 6, to: 'status', memory: 'strongly-ordered' },
    { op: 'load-exclusive', va: window, to: 'copy' },
    { op: 'store-exclusive', va: window, value: 7, to: 'status' },
    { op: 'branch', to: 'again', when: ['ne', 'status', 9] },
  ]
  const interrupt: Instruction[] = [{ op: 'load', va: linearBase + reservedBytes, to: 'line' }, { op: 'return' }]
  return { id: 'cpu0', core: 0, geometry, features, programs: { main, interrupt } }
}

const unbuffered = { ...defaultFeatures, storeBuffer: false }

function core0(geometry: Geometry, features: typeof defaultFeatures, withHandler: boolean): CpuConfig {
  return { id: 'cpu0', core: 0, geometry, features, programs: programs(geometry, withHandler) }
}

/** Two more threads, which do the same as main. */
function threaded(geometry: Geometry, withHandler: boolean): CpuConfig {
  const config = core0(geometry, defaultFeatures, withHandler)
  const { main, interrupt } = config.programs
  const threads = ['A', 'B'].map((name) => ({ name, program: main }))
  return { ...config, programs: { main, interrupt, threads } }
}

/** One for each geometry, one without the store buffer, one without a handler. */
export const configs = {
  litmus: core0(litmus, defaultFeatures, true),
  board: core0(board, defaultFeatures, true),
  unbuffered: core0(litmus, unbuffered, true),
  'without a handler': core0(litmus, defaultFeatures, false),
  reordering: core0(litmus, { ...defaultFeatures, loadReordering: true }, true),
  'late loads': core0(litmus, { ...defaultFeatures, lateLoads: true, loadReordering: true }, true),
  'missing maintenance': core0(litmus, { ...defaultFeatures, maintenanceMisses: true }, true),
  exclusive: exclusive(litmus),
  'exclusive, without failures': exclusive(litmus, { ...defaultFeatures, exclusiveFailures: false }),
  'exclusive, with its own unit': { ...exclusive(litmus, { ...defaultFeatures, loadReordering: true }), mmu: true },
  threads: threaded(litmus, true),
  'threads without a handler': threaded(litmus, false),
  'with its own unit': { ...core0(litmus, defaultFeatures, true), mmu: true },
  'fetching ahead': {
    ...core0(litmus, defaultFeatures, true),
    mmu: true,
    speculates: [0, 1].map((line) => litmus.user.base + line * litmus.lineBytes),
  },
} satisfies Record<string, CpuConfig>

/** What the pipeline waits for → position in `responses` below. */
const answers: Readonly<Record<string, number>> = {
  loading: 0,
  readingRegister: 4,
  translating: 5,
  calling: 5,
  walking: 6,
}

/** The state under `waiting`, or ''. */
function waitingFor(value: unknown): string {
  const { pipeline } = value as { pipeline: string | { waiting?: string } }
  return typeof pipeline === 'string' ? '' : (pipeline.waiting ?? '')
}

/** Makes the generator for cores of one config. Undefined asks for a restart. */
export function messagesFor(
  config: CpuConfig,
): (prng: Prng, present: { value: unknown; context: CpuContext }) => Message | undefined {
  const core = makeCore(config)
  const word = (prng: Prng): number => prng.next() | 0
  const translation = (prng: Prng, context: CpuContext): Message =>
    ({
      type: 'translate.resp',
      from: config.id,
      txn: prng.below(core.speculates.length > 0 ? 2 : 1),
      addr: position(context),
      ok: prng.chance(3, 4),
      pa: config.geometry.dram.base + prng.below(4) * config.geometry.pageBytes,
      bytes: config.geometry.pageBytes,
      memory: prng.below(2),
      readOnly: prng.chance(1, 4),
    }) as Message
  const invalidation = (prng: Prng): Message => {
    return { type: 'atc.invalidate', iova: config.geometry.user.base, bytes: prng.below(2) * 16 } as Message
  }
  const responses: ((prng: Prng, context: CpuContext) => Message)[] = [
    (prng, context) => {
      const hostile = prng.chance(1, 20)
      const addr = physical(core, context, position(context)) + (hostile ? 4 : 0)
      const count = prng.chance(1, 50)
        ? prng.below(2)
        : Math.max(1, Math.min(64, Math.trunc(pieceBytes(core, context) / 4)))
      return { type: 'load.resp', addr, data: Array.from({ length: count }, () => word(prng)) } as Message
    },
    (prng, { buffer }) => {
      const entry = prng.below(Math.max(1, buffer.count))
      const addr = (buffer.addr[entry] as number) + (prng.chance(1, 30) ? 4 : 0)
      return { type: 'store.resp', addr } as Message
    },
    (prng, { posted }) => {
      const line = posted.line[prng.below(Math.max(1, posted.count))] as number
      return {
        type: 'maintain.resp',
        op: 'clean',
        addr: line + (prng.chance(1, 30) ? config.geometry.lineBytes : 0),
      } as Message
    },
    (prng, { buffer }) => {
      const entry = prng.below(Math.max(1, buffer.count))
      const device = buffer.kind[entry] === entryKinds.device
      const txn = device && prng.chance(29, 30) ? (buffer.txn[entry] as number) : prng.below(4)
      return {
        type: 'reg.write.resp',
        from: config.id,
        txn,
        addr: buffer.addr[entry],
        ok: prng.chance(9, 10),
      } as Message
    },
    (prng, { access }) => {
      const addr = access.start + (prng.chance(1, 20) ? 4 : 0)
      return {
        type: 'reg.read.resp',
        from: config.id,
        txn: 0,
        addr,
        value: prng.next(),
        ok: prng.chance(4, 5),
      } as Message
    },
    (prng) => {
      const page = config.geometry.dram.base + prng.below(4) * config.geometry.pageBytes
      return { type: 'os.return', values: [prng.chance(3, 4) ? 1 : 0, page, prng.below(2)] } as Message
    },
    ...(config.mmu === true ? [translation, invalidation] : []),
  ]
  const exclusiveAnswer = (prng: Prng, context: CpuContext): Message => {
    const addr = physical(core, context, position(context)) + (prng.chance(1, 20) ? 4 : 0)
    return { type: 'store.resp', addr, ...(prng.chance(1, 3) ? { failed: true } : {}) } as Message
  }
  const earlyAnswer = (prng: Prng, { early }: CpuContext): Message =>
    ({
      type: 'load.resp',
      addr: (early?.addr ?? 0) + (prng.chance(1, 20) ? 4 : 0),
      data: prng.chance(1, 12) ? [] : [word(prng)],
    }) as Message
  return (prng, { value, context }) => {
    if (core.reorders && prng.chance(1, 4)) {
      if (prng.chance(1, 2)) return { type: 'load.early', value: prng.below(core.loads.length) } as Message
      if (context.early !== undefined && context.early.at >= 0) return earlyAnswer(prng, context)
    }
    if (core.defers && prng.chance(1, 4)) {
      const { late } = context
      if (late === undefined || late.at < 0) return { type: 'load.defer', value: 0 } as Message
      if (prng.chance(1, 2)) return { type: 'load.perform', value: 0 } as Message
      const addr = late.addr + (prng.chance(1, 20) ? 4 : 0)
      return { type: 'load.resp', addr, data: prng.chance(1, 12) ? [] : [word(prng)] } as Message
    }
    if (core.misses && canMiss(core.code[context.pc] as Code) && prng.chance(1, 3)) {
      return { type: 'maintenance.miss', value: 0 } as Message
    }
    if (core.fails && prng.chance(1, 12)) return { type: 'exclusive.fail', value: 0 } as Message
    if (core.threaded && prng.chance(1, 8)) {
      const thread = prng.below(core.threads.length)
      if (isParked(core, context, thread)) return { type: 'thread.switch', value: thread } as Message
    }
    if (core.speculates.length > 0 && prng.chance(1, 8)) {
      return { type: 'page.speculate', value: prng.below(core.speculates.length) } as Message
    }
    if ((value as { pipeline: unknown }).pipeline === 'halted' && prng.chance(1, 12)) return undefined
    if (waitingFor(value) === 'storingExclusive' && prng.chance(1, 2)) return exclusiveAnswer(prng, context)
    const wanted = answers[waitingFor(value)]
    if (wanted !== undefined && prng.chance(1, 2)) return (responses[wanted] as (typeof responses)[0])(prng, context)
    const kind = prng.below(40)
    if (kind < 16) return { type: 'issue', value: 0 } as Message
    if (kind < 20) return { type: 'store.drain', value: prng.below(core.entries) } as Message
    if (kind < 23) return { type: 'interrupt.take', value: 0 } as Message
    if (kind === 23) return { type: 'irq.assert' }
    if (kind === 24) return { type: 'irq.deassert' }
    if (prng.chance(1, 500)) return undefined
    return (responses[kind % responses.length] as (typeof responses)[0])(prng, context)
  }
}
