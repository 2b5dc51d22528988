/** Tests | how a bug is planted in a scenario: a plan makes the clean form and the twin. */

import { pageOwners } from '../../machines/os/calls.ts'
import type { Edition } from '../../src/dma/types.ts'
import type { OracleName } from '../../src/oracle/index.ts'
import { type BuiltScenario, defineScenario, type ProgramContext, twinOf } from '../../src/scenario/build.ts'
import {
  configureConversion,
  conversionBytes,
  conversionDefaults,
  readPicture,
  ringDoorbell,
  type StreamingBuffer,
  setAddresses,
  stopConversion,
  storePicture,
  streamingBuffer,
  waitForConversion,
} from '../../src/scenario/conversion-code.ts'
import type { Scenario } from '../../src/scenario/scenario.ts'

/** A clean scenario, and the same with a bug; `twin.violates` has the oracle it is meant for first, then others that see it. */
export interface Planted {
  readonly title: string
  readonly correct: BuiltScenario
  readonly twin: Scenario
}

export const user = pageOwners.indexOf('user')

export interface Plan {
  readonly title: string
  readonly also?: readonly OracleName[]
  readonly backend?: 'iommu' | 'linear'
  /** What core 0 does between set-up and switching FIMC off. */
  readonly body: (context: ProgramContext, planted: boolean) => void
  /** What core 1 does, if there is one. */
  readonly other?: (context: ProgramContext, planted: boolean) => void
  /** The bug, where it is in an operation. */
  readonly edition?: Edition
  readonly shared?: NonNullable<Scenario['shared']>
}

export function plan(
  oracle: OracleName,
  { title, also = [], backend = 'iommu', body, other, edition, shared }: Plan,
): Planted {
  const coresOf = (planted: boolean): BuiltScenario['definition']['cores'] => {
    const first = {
      main: (context: ProgramContext) => {
        context.dma.attach()
        configureConversion(context.asm, context.parameters)
        body(context, planted)
        stopConversion(context)
      },
    }
    return other ? [first, { main: (context) => other(context, planted) }] : [first]
  }
  const correct = defineScenario({
    id: `clean-${oracle}`,
    question: `This asks whether ${oracle} is silent without: ${title}.`,
    cores: coresOf(false),
    camera: 'none',
    backend,
    defaults: conversionDefaults,
    ...(shared ? { shared } : {}),
  })
  const twin = twinOf(correct, {
    id: `planted-${oracle}`,
    question: `This asks whether ${oracle} sees: ${title}.`,
    violates: [oracle, ...also],
    cores: coresOf(true),
    ...(edition ? { edition } : {}),
  })
  return { title, correct, twin }
}

export interface Buffers {
  readonly source: StreamingBuffer
  readonly target: StreamingBuffer
}

/** A source with picture number `index`, and a target that the CPU has looked at or written to before. */
export function newBuffers(context: ProgramContext, index: number, before: 'loads' | 'stores' = 'loads'): Buffers {
  const { asm, parameters } = context
  const bytes = conversionBytes(parameters)
  const source = streamingBuffer(context, bytes.source, 'to-device', (va) => storePicture(asm, parameters, va, index))
  const target = streamingBuffer(context, bytes.target, 'from-device', (va) => {
    if (before === 'loads') asm.loadRange(va, bytes.target)
    else asm.storeRange(va, bytes.target, 0)
  })
  return { source, target }
}

/** One conversion; `during` comes between the doorbell and the end. */
export function convert({ asm, parameters }: ProgramContext, { source, target }: Buffers, during = () => {}): void {
  setAddresses(asm, parameters, source.handle, target.handle)
  ringDoorbell(asm, { source, target })
  during()
  waitForConversion(asm, { source, target })
}

export function unmap({ dma }: ProgramContext, { source, target }: Buffers): void {
  dma.unmapSingle(source.mapping)
  dma.unmapSingle(target.mapping)
}

export function look({ asm }: ProgramContext, { target }: Buffers, index: number): void {
  readPicture(asm, target, index)
}

export function free({ source, target }: Buffers): void {
  source.free()
  target.free()
}

/** Map, convert, unmap, look, free. */
export function convertOnce(context: ProgramContext, before: 'loads' | 'stores' = 'loads'): void {
  const buffers = newBuffers(context, 0, before)
  convert(context, buffers)
  unmap(context, buffers)
  look(context, buffers, 0)
  free(buffers)
}
