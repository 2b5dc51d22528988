/** Litmus | calls of the DMA API in a program, by the kernel's names. */

import type { Operand } from '../../machines/cpu/micro-op.ts'
import { UsageError, unknownName } from '../base/errors.ts'
import type { DmaApi, Mapping } from '../dma/api.ts'
import { add, sub } from '../dma/operands.ts'
import { type Direction, type DmaAttribute, dmaAttributes } from '../dma/types.ts'
import type { CpuProgram } from './cpu-program.ts'
import type { CallArgument, Expression, Statement } from './form.ts'
import { spotOf } from './locations.ts'
import { placed } from './sizes.ts'

type Call = Extract<Statement, { do: 'call' }>

const directionWords: Readonly<Record<string, Direction>> = {
  TO_DEVICE: 'to-device',
  FROM_DEVICE: 'from-device',
  BIDIRECTIONAL: 'bidirectional',
  DMA_TO_DEVICE: 'to-device',
  DMA_FROM_DEVICE: 'from-device',
  DMA_BIDIRECTIONAL: 'bidirectional',
}

/** What an argument is; `size` takes memory, whose size counts, or a number of bytes. */
type Kind = 'device' | 'memory' | 'handle' | 'size' | 'offset' | 'direction' | 'attributes' | 'pieces' | 'count'

/** One call: its arguments in order, how many results it has, and what it appends. */
interface Signature {
  readonly takes: readonly Kind[]
  readonly gives: number
  readonly write: (dma: DmaApi, arguments_: Arguments) => readonly Operand[]
}

/** The arguments of a call under way. */
class Arguments {
  private readonly program: CpuProgram
  private readonly call: Call
  private readonly takes: readonly Kind[]

  constructor(program: CpuProgram, call: Call, takes: readonly Kind[]) {
    this.program = program
    this.call = call
    this.takes = takes
  }

  private at(kind: Kind): CallArgument {
    return this.call.args[this.takes.indexOf(kind)] as CallArgument
  }

  private wrong(kind: Kind, expected: string): never {
    throw new UsageError(
      `${placed(this.call.at)}${this.call.call}: argument ${this.takes.indexOf(kind) + 1} must be ${expected}`,
    )
  }

  get device(): string {
    const argument = this.at('device')
    if (argument.arg === 'word') return argument.word
    const name = nameOf(argument)
    return name ?? this.wrong('device', 'a device')
  }

  /** Kernel address and bytes. */
  get memory(): { readonly va: Operand; readonly bytes: number } {
    const { ground, expressions } = this.program
    const argument = this.at('memory')
    const location = locationOf(argument)
    if (location === undefined) return this.wrong('memory', 'memory with a name')
    const spot = spotOf(ground, location, expressions.value)
    if (spot.space !== 'physical') this.wrong('memory', 'memory, not an IO address')
    const { geometry } = ground.layout
    return { va: add(sub(geometry.linearBase, geometry.dram.base), spot.addr), bytes: spot.bytes }
  }

  get direction(): Direction {
    const argument = this.at('direction')
    const word = argument.arg === 'word' ? argument.word : (nameOf(argument) ?? '')
    const direction = directionWords[word]
    if (direction === undefined) throw unknownName('direction', word, Object.keys(directionWords))
    return direction
  }

  get attributes(): readonly DmaAttribute[] {
    return this.call.args.slice(this.takes.indexOf('attributes')).map((argument) => {
      const word = argument.arg === 'word' ? argument.word : (nameOf(argument) ?? '')
      const name = word
        .replace(/^DMA_ATTR_/, '')
        .toLowerCase()
        .replaceAll('_', '-')
      if (!(dmaAttributes as readonly string[]).includes(name)) throw unknownName('attribute', word, dmaAttributes)
      return name as DmaAttribute
    })
  }

  value(kind: 'handle' | 'offset' | 'count'): Operand {
    const argument = this.at(kind)
    if (argument.arg === 'expression') return this.program.expressions.value(argument.value)
    const name = nameOf(argument)
    return name === undefined ? this.wrong(kind, 'a value') : this.program.expressions.value({ expr: 'name', name })
  }

  get bytes(): Operand {
    const { ground, expressions } = this.program
    const location = locationOf(this.at('size'))
    const isMemory = location?.place === 'named' && ground.layout.names.has(location.name)
    if (isMemory) return spotOf(ground, location, expressions.value).bytes
    const argument = this.at('size')
    if (argument.arg === 'expression') return expressions.value(argument.value)
    return this.wrong('size', 'memory with a name, or a number of bytes')
  }

  get pieces(): readonly { readonly addr: Operand; readonly bytes: number }[] {
    const { ground, expressions } = this.program
    return this.call.args.slice(this.takes.indexOf('pieces')).map((argument) => {
      const location = locationOf(argument)
      if (location === undefined) return this.wrong('pieces', 'memory with a name')
      const { addr, bytes } = spotOf(ground, location, expressions.value)
      return { addr, bytes }
    })
  }

  /** A mapping that the handle, the size and the direction name. */
  mapping(dma: DmaApi, kind: Mapping['kind']): Mapping {
    return dma.mappingAt(this.value('handle'), { bytes: this.bytes, direction: this.direction, kind })
  }
}

/** A single word, if the argument is one. */
export function nameOf(argument: CallArgument): string | undefined {
  if (argument.arg === 'word') return argument.word
  if (argument.arg === 'expression') return argument.value.expr === 'name' ? argument.value.name : undefined
  const { location } = argument
  return location.place === 'named' && location.index === undefined && location.field === undefined
    ? location.name
    : undefined
}

/** The place that an argument names, however it was read. */
export function locationOf(argument: CallArgument): Extract<CallArgument, { arg: 'location' }>['location'] | undefined {
  if (argument.arg === 'location') return argument.location
  const name = nameOf(argument)
  return name === undefined ? undefined : { place: 'named', name }
}

const mapped: readonly Kind[] = ['device', 'handle', 'size', 'direction']

/** Every function that a test may call. */
export const apiCalls: Readonly<Record<string, Signature>> = {
  dma_map_single: {
    takes: ['device', 'memory', 'direction'],
    gives: 1,
    write: (dma, args) => [dma.mapSingle({ ...args.memory, direction: args.direction }).handle],
  },
  dma_map_page: {
    takes: ['device', 'memory', 'direction'],
    gives: 1,
    write: (dma, args) => {
      const { geometry } = dma.env
      const { va, bytes } = args.memory
      const addr = add(sub(geometry.dram.base, geometry.linearBase), va)
      if (typeof addr !== 'number') throw new UsageError('dma_map_page takes memory whose address is known')
      const offset = addr % geometry.pageBytes
      return [dma.mapPage({ page: addr - offset, offset, bytes, direction: args.direction }).handle]
    },
  },
  dma_unmap_single: {
    takes: mapped,
    gives: 0,
    write: (dma, args) => none(dma.unmapSingle(args.mapping(dma, 'single'))),
  },
  dma_unmap_page: { takes: mapped, gives: 0, write: (dma, args) => none(dma.unmapPage(args.mapping(dma, 'page'))) },
  dma_sync_single_for_cpu: {
    takes: mapped,
    gives: 0,
    write: (dma, args) => none(dma.syncForCpu(args.mapping(dma, 'single'))),
  },
  dma_sync_single_for_device: {
    takes: mapped,
    gives: 0,
    write: (dma, args) => none(dma.syncForDevice(args.mapping(dma, 'single'))),
  },
  dma_sync_single_range_for_cpu: {
    takes: ['device', 'handle', 'offset', 'size', 'direction'],
    gives: 0,
    write: (dma, args) =>
      none(dma.syncForCpu(args.mapping(dma, 'single'), { offset: args.value('offset'), bytes: args.bytes })),
  },
  dma_sync_single_range_for_device: {
    takes: ['device', 'handle', 'offset', 'size', 'direction'],
    gives: 0,
    write: (dma, args) =>
      none(dma.syncForDevice(args.mapping(dma, 'single'), { offset: args.value('offset'), bytes: args.bytes })),
  },
  dma_mapping_error: {
    takes: ['device', 'handle'],
    gives: 1,
    write: (dma, args) => [dma.mappingError(args.value('handle'))],
  },
  dma_alloc_coherent: { takes: ['device', 'size'], gives: 2, write: (dma, args) => allocation(dma.alloc(args.bytes)) },
  dma_alloc_attrs: {
    takes: ['device', 'size', 'attributes'],
    gives: 2,
    write: (dma, args) => allocation(dma.alloc(args.bytes, args.attributes)),
  },
  dma_map_sg: {
    takes: ['device', 'handle', 'count', 'direction'],
    gives: 1,
    write: (dma, args) => [dma.mapSg(args.value('handle'), args.value('count'), { direction: args.direction }).mapped],
  },
  dma_unmap_sg: {
    takes: ['device', 'handle', 'count', 'direction'],
    gives: 0,
    write: (dma, args) => {
      const entries = args.value('count')
      return none(dma.unmapSg({ sg: args.value('handle'), entries, mapped: '', direction: args.direction, attrs: [] }))
    },
  },
  sg_list: { takes: ['device', 'pieces'], gives: 1, write: (dma, args) => [dma.sgList(args.pieces)] },
  sg_free: { takes: ['device', 'handle'], gives: 0, write: (dma, args) => none(dma.freeSg(args.value('handle'))) },
  sg_dma_address: {
    takes: ['device', 'handle', 'count'],
    gives: 1,
    write: (dma, args) => [dma.sgSegment(args.value('handle'), args.value('count')).handle],
  },
  dmabounce_register_dev: { takes: ['device'], gives: 0, write: (dma) => none(dma.attach()) },
  dmabounce_unregister_dev: { takes: ['device'], gives: 0, write: (dma) => none(dma.detach()) },
  arm_iommu_attach_device: { takes: ['device'], gives: 0, write: (dma) => none(dma.attach()) },
}

function none(_appended: unknown): readonly Operand[] {
  return []
}

function allocation({ va, handle }: ReturnType<DmaApi['alloc']>): readonly Operand[] {
  return [va, handle]
}

/** Writes the calls of one program. */
export class ApiCalls {
  private readonly program: CpuProgram

  constructor(program: CpuProgram) {
    this.program = program
  }

  write(call: Call): void {
    const { program } = this
    if (call.call === 'dma_free_coherent' || call.call === 'dma_free_attrs') {
      this.free(call)
      return
    }
    const signature = apiCalls[call.call]
    if (signature === undefined)
      throw unknownName('function', call.call, [...Object.keys(apiCalls), 'dma_free_coherent'])
    const { takes, gives } = signature
    const open = takes.includes('attributes') || takes.includes('pieces')
    if (open ? call.args.length < takes.length - 1 : call.args.length !== takes.length) {
      throw new UsageError(
        `${placed(call.at)}${call.call} takes ${takes.join(', ')}: ${takes.length} arguments, not ${call.args.length}`,
      )
    }
    if (call.to.length > gives) {
      throw new UsageError(`${placed(call.at)}${call.call} gives ${gives} results, not ${call.to.length}`)
    }
    const args = new Arguments(program, call, takes)
    const results = signature.write(program.ground.api(program.asm, args.device), args)
    for (const [at, name] of call.to.entries()) program.asm.set(name, results[at] as Operand)
  }

  /** `dma_free_coherent(D, bytes, va, handle)`. */
  private free(call: Call): void {
    const { expressions, ground, asm } = this.program
    const [device, size, va, handle] = call.args
    const name = device && nameOf(device)
    if (call.args.length !== 4 || name === undefined) {
      throw new UsageError(
        `${placed(call.at)}${call.call} takes the device, the size, the kernel address and the handle`,
      )
    }
    const args = new Arguments(this.program, call, ['device', 'size'])
    const value = (argument: CallArgument | undefined): Operand => {
      const named = argument && nameOf(argument)
      const given: Expression = argument?.arg === 'expression' ? argument.value : { expr: 'name', name: named ?? '' }
      return expressions.value(given)
    }
    void size
    ground
      .api(asm, name)
      .free({ va: value(va) as string, handle: value(handle) as string, bytes: args.bytes, attrs: [] })
  }
}

/** The kernel's constants, which calls know. */
export function isConstantWord(word: string): boolean {
  return /^(DMA_)?(TO_DEVICE|FROM_DEVICE|BIDIRECTIONAL|NONE|ATTR_[A-Z_]+)$/.test(word)
}
