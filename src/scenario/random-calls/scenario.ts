/** Scenario | the scenarios that carry plans of DMA calls out. */

import type { Operand } from '../../../machines/cpu/micro-op.ts'
import { board, type Geometry, litmus, memoryMap } from '../../../machines/geometry.ts'
import { dmaError, pageOwners } from '../../../machines/os/calls.ts'
import { osNumber } from '../../../machines/os/types.ts'
import { linearVa } from '../../dma/addresses.ts'
import type { Allocation, Mapping, SgMapping } from '../../dma/api.ts'
import type { Register } from '../../dma/assembler.ts'
import { add, eq, ne } from '../../dma/operands.ts'
import { type BackendName, type DmaAttribute, isCoherent } from '../../dma/types.ts'
import { type BuiltScenario, type CoreCode, defineScenario, type ProgramContext } from '../build.ts'
import {
  configureConversion,
  conversionBytes,
  conversionDefaults,
  convert,
  setAddresses,
  stopConversion,
} from '../conversion-code.ts'
import type { Reach } from '../scenario.ts'
import { bufferPages, bufferSlots, type Call, type MapOptions, memorySlots, type Range } from './plan.ts'

/** Waits until `flag` is set by the core that holds `lock` meanwhile: a core that waits for a lock takes no steps. */
function waitUnder({ asm, dma }: ProgramContext, lock: string, flag: string): void {
  const number = osNumber(dma.env.os, 'locks', lock)
  const read = () => {
    asm.perform('lock.acquire', [number])
    const value = asm.flagGet(flag)
    asm.perform('lock.release', [number])
    return value
  }
  asm.poll({ read, until: (value) => ne(value, 0) })
}

/** `body` with `lock` held, and then `flag` set. The lock is no spin lock of the kernel: what runs under it may sleep. */
function announced({ asm, dma }: ProgramContext, lock: string, flag: string, body: () => void): void {
  const number = osNumber(dma.env.os, 'locks', lock)
  asm.perform('lock.acquire', [number])
  body()
  asm.flagSet(flag, 1)
  asm.perform('lock.release', [number])
}

/** A scenario whose cores carry out the plans. Core 0 sets the SYSMMU up, converts, and ends last. */
export function callsScenario(backend: BackendName, plans: readonly (readonly Call[])[]): BuiltScenario {
  const [first = [], second] = plans
  const leader: CoreCode = {
    main: (context) => {
      const { asm, dma, parameters } = context
      announced(context, 'attaching', 'attached', () => {
        dma.attach()
        dma.createAtomicPool()
        configureConversion(asm, parameters)
      })
      new Performer(context, memoryMap.fimc0.base).perform(first)
      if (second) waitUnder(context, 'calling', 'done')
      stopConversion(context)
      dma.destroyAtomicPool()
      asm.assert(eq(dma.detach().status, 0), 'everything is unmapped')
    },
  }
  const follower = (calls: readonly Call[]): CoreCode => ({
    main: (context) =>
      announced(context, 'calling', 'done', () => {
        waitUnder(context, 'attaching', 'attached')
        new Performer(context, memoryMap.sensor.base).perform(calls)
      }),
  })
  return defineScenario({
    id: 'dma-calls',
    question: 'This asks whether any sequence of correct calls leaves everything as it was.',
    cores: second ? [leader, follower(second)] : [leader],
    camera: 'none',
    backend,
    features: { deviceCoherent: isCoherent(backend) },
    defaults: conversionDefaults,
    shared: { flags: ['attached', 'done'], locks: ['attaching', 'calling'] },
    reach: { litmus: reachOf(backend, litmus), board: reachOf(backend, board) },
  })
}

/**
 * An atomic pool of two pages. With dmabounce the device reaches the pages of its pools and a few more; the rest is bounced, if
 * there is a safe buffer.
 */
function reachOf(backend: BackendName, { name, pageBytes }: Geometry): Reach {
  const atomic = { name: 'atomic', blockBytes: pageBytes, blocks: 2 }
  if (backend !== 'dmabounce') return { pools: [atomic] }
  const blockBytes = bufferPages * pageBytes + 4
  const safe = [
    { name: 'fimc0-small', blockBytes: pageBytes / 2, blocks: 2 },
    { name: 'fimc0-large', blockBytes: name === 'litmus' ? blockBytes : bufferPages * pageBytes, blocks: 3 },
  ]
  const mask = name === 'litmus' ? 0x400000ff : 0x40107fff
  return { pools: [...safe, atomic], masks: { streaming: mask, coherent: 0xffffffff } }
}

/** Appends the calls of one core to its program. A call that fails for lack of room is not used. */
class Performer {
  private readonly context: ProgramContext
  private readonly registers: number
  private readonly pages: readonly Register[]
  private readonly handles: readonly Register[]
  private readonly mappings: (Mapping | undefined)[] = []
  private readonly lists: (SgMapping | undefined)[] = []
  private readonly sgs: readonly Register[]
  private readonly memories: readonly { readonly va: Register; readonly handle: Register; readonly user: Register }[]
  private readonly allocations: (Allocation & { readonly user: Register | undefined })[] = []

  /** `registers`: of the core's own, to be mapped as a resource. */
  constructor(context: ProgramContext, registers: number) {
    const { asm, parameters } = context
    this.context = context
    this.registers = registers
    const bytes = bufferPages * parameters.geometry.pageBytes
    const slots = Array.from({ length: bufferSlots }, (_, slot) => slot)
    this.pages = slots.map(() => asm.call('page.alloc', [bytes, pageOwners.indexOf('user')])[0])
    this.handles = slots.map((slot) => asm.set(asm.variable(`handle${slot}`), dmaError))
    this.sgs = slots.map((slot) => asm.set(asm.variable(`sg${slot}`), 0))
    this.memories = Array.from({ length: memorySlots }, (_, slot) => ({
      va: asm.set(asm.variable(`va${slot}`), 0),
      handle: asm.set(asm.variable(`dma${slot}`), dmaError),
      user: asm.set(asm.variable(`user${slot}`), 0),
    }))
  }

  perform(calls: readonly Call[]): void {
    const { asm, parameters } = this.context
    calls.forEach((call, index) => {
      asm.step(`call ${index}`, () => asm.scope(() => this.one(call)))
    })
    for (const page of this.pages) asm.perform('page.free', [page, bufferPages * parameters.geometry.pageBytes])
  }

  private one(call: Call): void {
    if (call.op === 'map') this.map(call.slot, call.options)
    else if (call.op === 'unmap') this.unmap(call.slot)
    else if (call.op === 'sync') this.sync(call.slot, call.to, call.range)
    else if (call.op === 'resource') this.resource(call)
    else if (call.op === 'touch') this.touch(call.slot, call.word, call.write)
    else if (call.op === 'alloc') this.alloc(call.slot, call.bytes, call.attrs, call.gfp)
    else if (call.op === 'mmap') this.mmap(call.slot)
    else if (call.op === 'free') this.free(call.slot)
    else this.convert(call.source, call.target)
  }

  private map(slot: number, { as, ...options }: MapOptions): void {
    const { asm, dma, parameters } = this.context
    const handle = this.handles[slot] as Register
    const page = this.pages[slot] as Register
    this.lists[slot] = undefined
    if (as === 'list') {
      this.mapList(slot, options)
      return
    }
    const { offset, ...rest } = options
    const va = add(linearVa(parameters.geometry, page), offset)
    const mapping = as === 'page' ? dma.mapPage({ page, ...options }) : dma.mapSingle({ va, ...rest })
    dma.mappingError(mapping.handle)
    asm.set(handle, mapping.handle)
    this.mappings[slot] = { ...mapping, handle }
  }

  /** An entry for each page that the buffer touches. Where there is no room for the list, or its mapping, it stays empty. */
  private mapList(slot: number, { offset, bytes, direction, attrs }: Omit<MapOptions, 'as'>): void {
    const { asm, dma, parameters } = this.context
    const { pageBytes } = parameters.geometry
    const [handle, page, sg] = [this.handles[slot], this.pages[slot], this.sgs[slot]] as [Register, Register, Register]
    const pieces: { addr: Operand; bytes: number }[] = []
    for (let at = offset; at < offset + bytes; ) {
      const part = Math.min(offset + bytes, at - (at % pageBytes) + pageBytes) - at
      pieces.push({ addr: add(page, at), bytes: part })
      at += part
    }
    asm.set(handle, dmaError)
    asm.set(sg, dma.sgList(pieces))
    asm.if(ne(sg, 0), () => {
      const list = dma.mapSg(sg, pieces.length, { direction, attrs })
      this.lists[slot] = { ...list, sg }
      asm.if(
        eq(list.mapped, 0),
        () => dma.freeSg(sg),
        () => asm.set(handle, dma.sgSegment(sg, 0).handle),
      )
    })
  }

  private unmap(slot: number): void {
    const { dma } = this.context
    const list = this.lists[slot]
    this.ifHandle(slot, () => {
      if (list) {
        dma.unmapSg(list)
        dma.freeSg(list.sg)
        return
      }
      const mapping = this.mappings[slot] as Mapping
      if (mapping.kind === 'page') dma.unmapPage(mapping)
      else dma.unmapSingle(mapping)
    })
  }

  private sync(slot: number, to: 'cpu' | 'device', range: Range): void {
    const { dma } = this.context
    const list = this.lists[slot]
    this.ifHandle(slot, () => {
      if (list && to === 'cpu') dma.syncSgForCpu(list)
      else if (list) dma.syncSgForDevice(list)
      else if (to === 'cpu') dma.syncForCpu(this.mappings[slot] as Mapping, range)
      else dma.syncForDevice(this.mappings[slot] as Mapping, range)
    })
  }

  private resource({ offset, bytes, direction }: Extract<Call, { op: 'resource' }>): void {
    const { asm, dma } = this.context
    const mapping = dma.mapResource({ addr: this.registers + offset, bytes, direction })
    dma.mappingError(mapping.handle)
    asm.if(ne(mapping.handle, dmaError), () => dma.unmapResource(mapping))
  }

  private ifHandle(slot: number, body: () => void): void {
    this.context.asm.if(ne(this.handles[slot] as Register, dmaError), body)
  }

  private ifMapped(slot: number, body: (mapping: Mapping) => void): void {
    this.ifHandle(slot, () => body(this.mappings[slot] as Mapping))
  }

  private touch(slot: number, word: number, write: boolean): void {
    const { asm, parameters } = this.context
    const va = add(linearVa(parameters.geometry, this.pages[slot] as Register), word * 4)
    if (write) asm.store(va, word + 1)
    else asm.load(va)
  }

  private alloc(slot: number, bytes: number, attrs: readonly DmaAttribute[], gfp: 'kernel' | 'atomic'): void {
    const { asm, dma } = this.context
    const memory = this.memories[slot] as (typeof this.memories)[number]
    const { va, handle } = dma.alloc(bytes, attrs, { gfp })
    asm.set(memory.va, va)
    asm.set(memory.handle, handle)
    this.allocations[slot] = { va: memory.va, handle: memory.handle, bytes, attrs, user: undefined }
    // Memory of the atomic pool is not cleared again, as in Linux.
    if (gfp === 'kernel' && !attrs.includes('no-kernel-mapping')) {
      asm.if(ne(memory.va, 0), () => asm.assert(eq(asm.load(memory.va), 0), 'allocated memory is zero'))
    }
  }

  private mmap(slot: number): void {
    const { asm, dma } = this.context
    const allocation = this.allocations[slot] as Allocation
    const { user } = this.memories[slot] as (typeof this.memories)[number]
    asm.set(user, 0)
    asm.if(ne(allocation.va, 0), () => asm.set(user, dma.mmap(allocation).va))
    asm.if(ne(user, 0), () => asm.store(user, 5))
    this.allocations[slot] = { ...allocation, user }
  }

  private free(slot: number): void {
    const { asm, dma } = this.context
    const { user, ...allocation } = this.allocations[slot] as (typeof this.allocations)[number]
    if (user) asm.if(ne(user, 0), () => dma.munmap(user))
    asm.if(ne(allocation.va, 0), () => dma.free(allocation))
  }

  private convert(source: number, target: number): void {
    const { asm, parameters } = this.context
    const bytes = conversionBytes(parameters)
    this.ifMapped(source, (from) =>
      this.ifMapped(target, (to) => {
        setAddresses(asm, parameters, from.handle, to.handle)
        convert(asm, {
          source: { handle: from.handle, bytes: bytes.source },
          target: { handle: to.handle, bytes: bytes.target },
        })
      }),
    )
  }
}
