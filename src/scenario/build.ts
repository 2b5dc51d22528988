/** Scenario | the builder: scenarios from driver-like code, and broken twins from their correct form. */

import type { CorePrograms } from '../../machines/cpu/micro-op.ts'
import type { FeatureName } from '../../machines/features.ts'
import { DmaApi } from '../dma/api.ts'
import { Assembler } from '../dma/assembler.ts'
import { dmaPlatform } from '../dma/platform.ts'
import { type Program, withoutSteps } from '../dma/program.ts'
import type { BackendName, DmaPlatform, Edition } from '../dma/types.ts'
import type { OracleName } from '../oracle/index.ts'
import type { Defaults, Parameters, Scenario } from './scenario.ts'

/** What the code of one program gets. */
export interface ProgramContext {
  readonly asm: Assembler
  /** The DMA API of FIMC0, in this program. */
  readonly dma: DmaApi
  readonly parameters: Parameters
}

/** One core: what it runs from reset, and its interrupt handler if it has one. The functions append to `asm`. */
export interface CoreCode {
  readonly main: (context: ProgramContext) => void
  readonly interrupt?: (context: ProgramContext) => void
}

/** A correct scenario. */
export interface ScenarioDefinition {
  readonly id: string
  readonly question: string
  readonly cores: readonly [CoreCode] | readonly [CoreCode, CoreCode]
  readonly camera: 'sensor' | 'none'
  readonly backend: BackendName
  readonly features?: Partial<Record<FeatureName, boolean>>
  readonly defaults: { readonly litmus: Defaults; readonly board: Defaults }
  readonly shared?: NonNullable<Scenario['shared']>
}

/** What a twin changes: only steps of the programs, in one or more of three ways. */
export interface TwinDefinition {
  readonly id: string
  readonly question: string
  readonly violates: readonly OracleName[]
  /** Leaves out the steps whose path (outermost name first) it picks. */
  readonly drop?: (path: readonly string[]) => boolean
  /** Does operations or shared steps another way. */
  readonly edition?: Edition
  /** Code of the cores, where the change is in the driver itself. */
  readonly cores?: ScenarioDefinition['cores']
}

/** A scenario that remembers how it was made, so that twins can be made from it. */
export interface BuiltScenario extends Scenario {
  readonly definition: ScenarioDefinition
}

/** A correct scenario from its definition. */
export function defineScenario(definition: ScenarioDefinition): BuiltScenario {
  const { id, question } = definition
  return { id, question, ...platformOf(definition), programs: programsOf(definition, {}), definition }
}

/** A broken twin of `correct`. */
export function twinOf(correct: BuiltScenario, twin: TwinDefinition): Scenario {
  const { id, question, violates } = twin
  const { definition } = correct
  return {
    id,
    question,
    twinOf: correct.id,
    violates,
    ...platformOf(definition),
    programs: programsOf(definition, twin),
  }
}

function platformOf(definition: ScenarioDefinition) {
  const { cores, camera, backend, features, defaults, shared } = definition
  return {
    cores: cores.length,
    camera,
    backend,
    defaults,
    ...(features ? { features } : {}),
    ...(shared ? { shared } : {}),
  } as const
}

function programsOf(
  definition: ScenarioDefinition,
  twin: Partial<TwinDefinition>,
): (parameters: Parameters) => CorePrograms[] {
  const { backend, shared } = definition
  const cores = twin.cores ?? definition.cores
  return (parameters) => {
    const platform = dmaPlatform(parameters.geometry, {
      backend,
      ...(twin.edition ? { edition: twin.edition } : {}),
      os: { ...shared, cores: cores.length },
    })
    return cores.map((code) => {
      const main = write(code.main, 'thread', platform, parameters)
      const interrupt = code.interrupt ? write(code.interrupt, 'interrupt', platform, parameters) : emptyProgram
      return {
        main: (twin.drop ? withoutSteps(main, twin.drop) : main).instructions,
        interrupt: (twin.drop ? withoutSteps(interrupt, twin.drop) : interrupt).instructions,
      }
    })
  }
}

const emptyProgram: Program = { instructions: [], steps: [] }

function write(
  code: (context: ProgramContext) => void,
  context: 'thread' | 'interrupt',
  platform: DmaPlatform,
  parameters: Parameters,
): Program {
  const asm = new Assembler({ prefix: context === 'thread' ? 't' : 'i', os: platform.os, context })
  code({ asm, dma: new DmaApi(asm, platform, 'fimc0'), parameters })
  return asm.build()
}
