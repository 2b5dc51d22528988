/** Tests | random sequences of DMA calls that a correct driver could make, as plans, and the scenarios that carry them out. */

import { dmaError, pageOwners } from '../../machines/os/calls.ts'
import type { Prng } from '../../src/base/prng.ts'
import { linearVa } from '../../src/dma/addresses.ts'
import type { Allocation, Mapping } from '../../src/dma/api.ts'
import type { Register } from '../../src/dma/assembler.ts'
import { add, eq, ne } from '../../src/dma/operands.ts'
import { type BackendName, type Direction, type DmaAttribute, dmaAttributes } from '../../src/dma/types.ts'
import { type BuiltScenario, type CoreCode, defineScenario, type ProgramContext } from '../../src/scenario/build.ts'
import {
  configureConversion,
  conversionBytes,
  conversionDefaults,
  convert,
  setAddresses,
  stopConversion,
} from '../../src/scenario/conversion-code.ts'

/** One call. Slots are buffers or allocations of the core's own; offsets and sizes are in bytes. */
export type Call =
  | { readonly op: 'map'; readonly slot: number; readonly options: MapOptions }
  | { readonly op: 'unmap'; readonly slot: number }
  | { readonly op: 'sync'; readonly slot: number; readonly to: 'cpu' | 'device'; readonly range: Range }
  | { readonly op: 'touch'; readonly slot: number; readonly word: number; readonly write: boolean }
  | { readonly op: 'alloc'; readonly slot: number; readonly bytes: number; readonly attrs: readonly DmaAttribute[] }
  | { readonly op: 'mmap'; readonly slot: number }
  | { readonly op: 'free'; readonly slot: number }
  | { readonly op: 'convert'; readonly source: number; readonly target: number }

interface Range {
  readonly offset: number
  readonly bytes: number
}
interface MapOptions extends Range {
  readonly direction: Direction
  readonly attrs: readonly DmaAttribute[]
}

/** What plans are made for. */
export interface Sizes {
  readonly pageBytes: number
  /** Bytes of a source and of a converted picture, whichever is more; 0: no conversions. */
  readonly pictureBytes: number
}

const bufferSlots = 3
const bufferPages = 2
const memorySlots = 2

/** What the planner knows of a buffer: `mixed` when only a part of it was synced. */
interface Buffer {
  mapped: MapOptions | undefined
  owner: 'cpu' | 'device' | 'mixed'
}

/** `count` calls and what gives everything back after them. */
export function planCalls(prng: Prng, count: number, sizes: Sizes): Call[] {
  const planner = new Planner(prng, sizes)
  while (planner.calls.length < count) planner.next()
  planner.releaseAll()
  return planner.calls
}

class Planner {
  readonly calls: Call[] = []
  private readonly buffers: Buffer[] = Array.from({ length: bufferSlots }, () => ({ mapped: undefined, owner: 'cpu' }))
  private readonly memories: boolean[] = Array.from({ length: memorySlots }, () => false)
  private readonly prng: Prng
  private readonly sizes: Sizes

  constructor(prng: Prng, sizes: Sizes) {
    this.prng = prng
    this.sizes = sizes
  }

  next(): void {
    const { prng } = this
    const slot = prng.below(bufferSlots)
    const buffer = this.buffers[slot] as Buffer
    const kind = prng.below(10)
    if (kind === 0) this.toggleMemory(prng.below(memorySlots))
    else if (kind < 4) this.convert()
    else if (kind < 6 && buffer.owner === 'cpu') this.touch(slot, buffer)
    else if (buffer.mapped === undefined) this.map(slot, buffer)
    else if (prng.chance(1, 4)) this.unmap(slot, buffer, buffer.mapped)
    else this.sync(slot, buffer, buffer.mapped)
  }

  releaseAll(): void {
    this.buffers.forEach((buffer, slot) => {
      if (buffer.mapped) this.unmap(slot, buffer, buffer.mapped)
    })
    this.memories.forEach((taken, slot) => {
      if (taken) this.toggleMemory(slot)
    })
  }

  /** Any word while nothing is mapped; else a sync or unmap that follows may drop what the direction does not preserve. */
  private touch(slot: number, buffer: Buffer): void {
    const { prng, sizes } = this
    const words = (bufferPages * sizes.pageBytes) / 4
    const write = prng.chance(1, 2) && buffer.mapped?.direction !== 'from-device'
    this.calls.push({ op: 'touch', slot, word: prng.below(words), write })
    if (write && buffer.mapped?.direction === 'bidirectional') this.syncAll(slot, 'device', buffer, buffer.mapped)
  }

  private syncAll(slot: number, to: 'cpu' | 'device', buffer: Buffer, mapped: MapOptions): void {
    this.syncRange(slot, to, { offset: 0, bytes: mapped.bytes })
    buffer.owner = to
  }

  private map(slot: number, buffer: Buffer): void {
    const { prng, sizes } = this
    const offset = 4 * prng.below(sizes.pageBytes / 4)
    const bytes = 1 + prng.below(bufferPages * sizes.pageBytes - offset)
    const direction = prng.pick<Direction>(['to-device', 'from-device', 'bidirectional'])
    const attrs: readonly DmaAttribute[] = prng.chance(1, 4) ? ['skip-cpu-sync'] : []
    buffer.mapped = { offset, bytes, direction, attrs }
    buffer.owner = 'device'
    this.calls.push({ op: 'map', slot, options: buffer.mapped })
    // What map and unmap are told not to do has to be done before the device, and then the CPU, gets at the buffer.
    if (attrs.length > 0) this.syncAll(slot, 'device', buffer, buffer.mapped)
  }

  private unmap(slot: number, buffer: Buffer, mapped: MapOptions): void {
    if (mapped.attrs.includes('skip-cpu-sync')) this.syncAll(slot, 'cpu', buffer, mapped)
    buffer.mapped = undefined
    buffer.owner = 'cpu'
    this.calls.push({ op: 'unmap', slot })
  }

  private sync(slot: number, buffer: Buffer, mapped: MapOptions): void {
    const { prng } = this
    const to = prng.pick<'cpu' | 'device'>(['cpu', 'device'])
    if (prng.chance(1, 3)) {
      const offset = prng.below(mapped.bytes)
      this.syncRange(slot, to, { offset, bytes: 1 + prng.below(mapped.bytes - offset) })
      if (buffer.owner !== to) buffer.owner = 'mixed'
      return
    }
    this.syncAll(slot, to, buffer, mapped)
  }

  private syncRange(slot: number, to: 'cpu' | 'device', range: Range): void {
    this.calls.push({ op: 'sync', slot, to, range })
  }

  private toggleMemory(slot: number): void {
    const { prng, sizes } = this
    const taken = this.memories[slot] as boolean
    this.memories[slot] = !taken
    if (taken) {
      this.calls.push({ op: 'free', slot })
      return
    }
    const attrs = dmaAttributes.filter((attr) => attr !== 'skip-cpu-sync' && prng.chance(1, 4))
    this.calls.push({ op: 'alloc', slot, bytes: 1 + prng.below(2 * sizes.pageBytes), attrs })
    if (prng.chance(1, 2)) this.calls.push({ op: 'mmap', slot })
  }

  private convert(): void {
    const { pictureBytes } = this.sizes
    if (pictureBytes === 0) return
    const slots = this.buffers.flatMap(({ mapped, owner }, slot) =>
      mapped && owner === 'device' && mapped.bytes >= pictureBytes ? [{ slot, direction: mapped.direction }] : [],
    )
    for (const source of slots) {
      const target = slots.find(({ slot, direction }) => slot !== source.slot && direction !== 'to-device')
      if (source.direction === 'from-device' || !target) continue
      this.calls.push({ op: 'convert', source: source.slot, target: target.slot })
      return
    }
  }
}

/** A scenario whose cores carry out the plans. Core 0 sets the SYSMMU up, converts, and ends last. */
export function callsScenario(backend: BackendName, plans: readonly (readonly Call[])[]): BuiltScenario {
  const [first = [], second] = plans
  const leader: CoreCode = {
    main: (context) => {
      const { asm, dma, parameters } = context
      dma.attach()
      configureConversion(asm, parameters)
      asm.flagSet('attached', 1)
      new Performer(context).perform(first)
      if (second) asm.poll({ read: () => asm.flagGet('done'), until: (done) => ne(done, 0) })
      stopConversion(context)
    },
  }
  const follower = (calls: readonly Call[]): CoreCode => ({
    main: (context) => {
      const { asm } = context
      asm.poll({ read: () => asm.flagGet('attached'), until: (attached) => ne(attached, 0) })
      new Performer(context).perform(calls)
      asm.flagSet('done', 1)
    },
  })
  return defineScenario({
    id: 'dma-calls',
    question: 'This asks whether any sequence of correct calls leaves everything as it was.',
    cores: second ? [leader, follower(second)] : [leader],
    camera: 'none',
    backend,
    defaults: conversionDefaults,
    shared: { flags: ['attached', 'done'] },
  })
}

/** Appends the calls of one core to its program. A call that fails for lack of room is not used. */
class Performer {
  private readonly context: ProgramContext
  private readonly pages: readonly Register[]
  private readonly handles: readonly Register[]
  private readonly mappings: (Mapping | undefined)[] = []
  private readonly memories: readonly { readonly va: Register; readonly handle: Register; readonly user: Register }[]
  private readonly allocations: (Allocation & { readonly user: Register | undefined })[] = []

  constructor(context: ProgramContext) {
    const { asm, parameters } = context
    this.context = context
    const bytes = bufferPages * parameters.geometry.pageBytes
    const slots = Array.from({ length: bufferSlots }, (_, slot) => slot)
    this.pages = slots.map(() => asm.call('page.alloc', [bytes, pageOwners.indexOf('user')])[0])
    this.handles = slots.map((slot) => asm.set(asm.variable(`handle${slot}`), dmaError))
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
    const { dma } = this.context
    if (call.op === 'map') this.map(call.slot, call.options)
    else if (call.op === 'unmap') this.ifMapped(call.slot, (mapping) => dma.unmapPage(mapping))
    else if (call.op === 'sync') {
      this.ifMapped(call.slot, (mapping) => {
        if (call.to === 'cpu') dma.syncForCpu(mapping, call.range)
        else dma.syncForDevice(mapping, call.range)
      })
    } else if (call.op === 'touch') this.touch(call.slot, call.word, call.write)
    else if (call.op === 'alloc') this.alloc(call.slot, call.bytes, call.attrs)
    else if (call.op === 'mmap') this.mmap(call.slot)
    else if (call.op === 'free') this.free(call.slot)
    else this.convert(call.source, call.target)
  }

  private map(slot: number, options: MapOptions): void {
    const { asm, dma } = this.context
    const handle = this.handles[slot] as Register
    const mapping = dma.mapPage({ page: this.pages[slot] as Register, ...options })
    asm.set(handle, mapping.handle)
    this.mappings[slot] = { ...mapping, handle }
  }

  private ifMapped(slot: number, body: (mapping: Mapping) => void): void {
    const mapping = this.mappings[slot] as Mapping
    this.context.asm.if(ne(mapping.handle, dmaError), () => body(mapping))
  }

  private touch(slot: number, word: number, write: boolean): void {
    const { asm, parameters } = this.context
    const va = add(linearVa(parameters.geometry, this.pages[slot] as Register), word * 4)
    if (write) asm.store(va, word + 1)
    else asm.load(va)
  }

  private alloc(slot: number, bytes: number, attrs: readonly DmaAttribute[]): void {
    const { asm, dma } = this.context
    const memory = this.memories[slot] as (typeof this.memories)[number]
    const { va, handle } = dma.alloc(bytes, attrs)
    asm.set(memory.va, va)
    asm.set(memory.handle, handle)
    this.allocations[slot] = { va: memory.va, handle: memory.handle, bytes, attrs, user: undefined }
    if (!attrs.includes('no-kernel-mapping')) {
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
