/** Litmus | the memory that calls of the DMA API touch: buffers that they maintain, and tables of the SYSMMU's driver. */

import { backendOf } from './api.ts'
import { locationOf, nameOf } from './api-calls.ts'
import { constantValue } from './constants.ts'
import type { CallArgument, LitmusTest, Statement } from './form.ts'
import { type Ground, spotOf } from './locations.ts'
import { programsOf, registerOwner, statementsOf, targetsOf } from './statements.ts'

type Call = Extract<Statement, { do: 'call' }>

/** Bytes from an address on. */
interface Bytes {
  readonly addr: number
  readonly bytes: number
}

/** What one call touches. */
export interface Touched {
  /** Lines that it cleans or drops; `anything`: what it is given is known only when it runs. */
  readonly buffers: readonly Bytes[] | 'anything'
  /** Whether it may drop them: then caches above and below can keep what memory never had. */
  readonly drops: boolean
  /** Whether it writes the tables of a SYSMMU. */
  readonly tables: boolean
}

const maps = ['dma_map_single', 'dma_map_page']
/** Where the size stands, by calls that take a handle. */
const sizes: Readonly<Record<string, number>> = {
  dma_unmap_single: 2,
  dma_unmap_page: 2,
  dma_sync_single_for_cpu: 2,
  dma_sync_single_for_device: 2,
  dma_sync_single_range_for_cpu: 3,
  dma_sync_single_range_for_device: 3,
}
/** The state that these are about is the operating system's, and in no memory. */
const memoryless = ['dma_mapping_error', 'sg_list', 'sg_free', 'sg_dma_address']

/** The calls of one test. */
export class CallLines {
  private readonly test: LitmusTest
  private readonly ground: Ground

  constructor(test: LitmusTest, ground: Ground) {
    this.test = test
    this.ground = ground
  }

  /** @param owner whose registers the call uses */
  touchedBy(call: Call, owner: string): Touched {
    const device = call.args[0] && nameOf(call.args[0])
    const backend = device === undefined ? 'dmabounce' : backendOf(this.test, device)
    const tables = backend === 'iommu' || backend === 'iommu-coherent'
    if (memoryless.includes(call.call)) return { buffers: [], drops: false, tables: false }
    if (call.call === 'arm_iommu_attach_device') return { buffers: [], drops: false, tables }
    // Where the device snoops, nothing is maintained.
    const isCoherent = backend === 'linear-coherent' || backend === 'iommu-coherent'
    const buffers = backend === 'dmabounce' ? 'anything' : this.buffersOf(call, owner, tables)
    if (buffers !== 'anything' && isCoherent) return { buffers: [], drops: false, tables }
    const isWritten = !call.args.some((one) => /^(DMA_)?TO_DEVICE$/.test(nameOf(one) ?? ''))
    return { buffers, drops: buffers === 'anything' || isWritten, tables }
  }

  private buffersOf(call: Call, owner: string, isTranslated: boolean): Touched['buffers'] {
    if (maps.includes(call.call)) return this.memoryOf(call)
    // Lists come from one call only.
    if (call.call === 'dma_map_sg' || call.call === 'dma_unmap_sg') {
      return joined(this.calls().map((one) => (one.call.call === 'sg_list' ? this.memoryOf(one.call) : [])))
    }
    const size = sizes[call.call]
    const handle = call.args[1] && nameOf(call.args[1])
    if (size === undefined || handle === undefined) return 'anything'
    const bytes = this.bytesOf(call.args[size])
    const offset = size === 2 ? 0 : this.bytesOf(call.args[2])
    const origins = this.originsOf(handle, owner, call, isTranslated)
    if (bytes === undefined || offset === undefined || origins === undefined) return 'anything'
    const mapped = joined(origins.map((one) => this.memoryOf(one)))
    if (mapped === 'anything') return mapped
    // A size that is not the mapping's is taken at its word.
    return mapped.map(({ addr }) => ({ addr: addr + offset, bytes }))
  }

  /** The calls that a handle can come from; undefined: it may be any number. */
  private originsOf(handle: string, owner: string, { args }: Call, isTranslated: boolean): readonly Call[] | undefined {
    const mapping = this.calls().filter(({ call }) => maps.includes(call.call))
    // Behind a SYSMMU the operating system looks it up among the mappings.
    if (isTranslated) return mapping.map(({ call }) => call)
    const device = args[0] && nameOf(args[0])
    const setting = this.statements().filter((one) => {
      return one.owner === owner && targetsOf(one.statement).includes(handle)
    })
    const origins = setting.flatMap(({ statement }) => {
      const isMap = statement.do === 'call' && maps.includes(statement.call)
      return isMap && statement.args[0] && nameOf(statement.args[0]) === device ? [statement] : []
    })
    return origins.length === setting.length && origins.length > 0 ? origins : undefined
  }

  /** The memory that a call names. */
  private memoryOf(call: Call): Touched['buffers'] {
    const named = call.call === 'sg_list' ? call.args.slice(1) : call.args.slice(1, 2)
    return joined(named.map((one) => this.place(one) ?? ('anything' as const)))
  }

  private place(argument: CallArgument): readonly [Bytes] | undefined {
    const location = locationOf(argument)
    if (location?.place !== 'named' || !this.ground.layout.names.has(location.name)) return undefined
    const { constants } = this.ground
    const { addr, bytes, space } = spotOf(
      this.ground,
      location,
      (value) => constantValue(value, constants) ?? 'unknown',
    )
    return typeof addr === 'number' && space === 'physical' ? [{ addr, bytes }] : undefined
  }

  /** A number, or the size of memory. */
  private bytesOf(argument: CallArgument | undefined): number | undefined {
    if (argument === undefined) return undefined
    const memory = this.place(argument)
    if (memory !== undefined) return memory[0].bytes
    return argument.arg === 'expression' ? constantValue(argument.value, this.ground.constants) : undefined
  }

  private statements(): { readonly statement: Statement; readonly owner: string }[] {
    return this.test.actors.flatMap((actor) => {
      const owner = registerOwner(actor)
      return [...statementsOf(programsOf(actor).flat())].map((statement) => ({ statement, owner }))
    })
  }

  private calls(): { readonly call: Call; readonly owner: string }[] {
    return this.statements().flatMap(({ statement, owner }) =>
      statement.do === 'call' ? [{ call: statement, owner }] : [],
    )
  }
}

function joined(parts: readonly Touched['buffers'][]): Touched['buffers'] {
  const known = parts.flatMap((part) => (part === 'anything' ? [] : part))
  return parts.includes('anything') ? 'anything' : known
}
