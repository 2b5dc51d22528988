/** Scenario | the builder: scenarios from driver-like code, and broken twins from their correct form. */

import type { CorePrograms } from '../../machines/cpu/micro-op.ts'
import type { FeatureName, Features } from '../../machines/features.ts'
import type { SysmmuVersion } from '../../machines/sysmmu/regs.ts'
import { InternalError, UsageError } from '../base/errors.ts'
import { isKebabCase } from '../base/names.ts'
import { placeText } from '../base/place.ts'
import { isOwnFile } from '../base/program.ts'
import { demand, demandDefinition } from '../base/shape.ts'
import { cut } from '../base/shown.ts'
import { DmaApi } from '../dma/api.ts'
import { Assembler } from '../dma/assembler.ts'
import { dmarace, layered } from '../dma/index.ts'
import { dmaPlatform, type MmuOptions, type SecondEngine, secondEngineOptions } from '../dma/platform.ts'
import { type Program, withoutSteps } from '../dma/program.ts'
import type { BackendName, DmaPlatform, Edition } from '../dma/types.ts'
import type { OracleName } from '../oracle/index.ts'
import {
  type Comparison,
  type Defaults,
  type LitmusDefaults,
  osExtrasOf,
  type Parameters,
  type Scenario,
} from './scenario.ts'
import { builtShape, definitionShape, twinShape } from './scenario-shape.ts'

/** What the code of one program gets. */
export interface ProgramContext {
  readonly asm: Assembler
  /** The DMA API of FIMC0, in this program. */
  readonly dma: DmaApi
  /** The same of another device, by name. */
  readonly dmaOf: (device: string) => DmaApi
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
  readonly sysmmuVersion?: SysmmuVersion
  readonly secondEngine?: SecondEngine
  readonly invalidation?: 'strict' | 'lazy'
  readonly features?: Partial<Record<FeatureName, boolean>>
  readonly defaults: { readonly litmus: LitmusDefaults; readonly board: Defaults }
  readonly compares?: Comparison
  readonly shared?: NonNullable<Scenario['shared']>
  readonly reach?: NonNullable<Scenario['reach']>
  readonly dmaDebug?: NonNullable<Scenario['dmaDebug']>
}

/** What a twin changes: only steps of the programs, in one or more of four ways. */
export interface TwinDefinition {
  readonly id: string
  readonly question: string
  readonly violates: readonly OracleName[]
  /** These three as in `Scenario`. */
  readonly rareOnBoard?: true
  readonly endless?: true
  readonly checkFeatures?: Scenario['checkFeatures']
  /** Leaves out the steps whose path (outermost name first) it picks. */
  readonly drop?: (path: readonly string[]) => boolean
  /** Does operations or shared steps another way. */
  readonly edition?: Edition
  /** Takes the device for one of another backend, which calls the methods of that table; the device is as it was. */
  readonly table?: BackendName
  /** Code of the cores, where the change is in the driver itself. */
  readonly cores?: ScenarioDefinition['cores']
}

/** A scenario that remembers how it was made, so that twins can be made from it. */
export interface BuiltScenario extends Scenario {
  readonly definition: ScenarioDefinition
}

/** A correct scenario from its definition. */
export function defineScenario(definition: ScenarioDefinition): BuiltScenario {
  demandDefinition(definitionShape, definition, scenarioNamed(definition))
  const { id, question } = definition
  checkId(id)
  return { id, question, ...platformOf(definition), programs: programsOf(definition, {}), definition }
}

/** A broken twin of `correct`. */
export function twinOf(correct: BuiltScenario, twin: TwinDefinition): Scenario {
  demand(builtShape, correct, 'twinOf(correct, twin): the correct form')
  demandDefinition(twinShape, twin, scenarioNamed(twin))
  const { id, question, violates } = twin
  const { definition } = correct
  checkId(id)
  if (twin.cores && twin.cores.length !== definition.cores.length) {
    throw new UsageError(
      `scenario "${id}": cores has ${twin.cores.length}, and its correct form ${definition.cores.length}`,
    )
  }
  return {
    id,
    question,
    twinOf: correct.id,
    violates,
    ...(twin.rareOnBoard ? { rareOnBoard: true as const } : {}),
    ...(twin.endless ? { endless: true as const } : {}),
    ...(twin.checkFeatures ? { checkFeatures: twin.checkFeatures } : {}),
    ...platformOf(definition),
    programs: programsOf(definition, twin),
  }
}

/** How a scenario is called in what is wrong with it. */
function scenarioNamed(given: unknown): string {
  const { id } = Object(given) as { id?: unknown }
  return typeof id === 'string' ? `scenario "${cut(id)}"` : 'the scenario'
}

function checkId(id: string): void {
  if (isKebabCase(id)) return
  throw new UsageError(
    `"${cut(id)}" is no scenario id: use small letters, digits and single dashes, as in "my-scenario"`,
  )
}

function platformOf(definition: ScenarioDefinition) {
  const { cores, camera, backend, sysmmuVersion, secondEngine, invalidation, features, defaults } = definition
  const { shared, reach, compares, dmaDebug } = definition
  return {
    cores: cores.length,
    camera,
    backend,
    defaults,
    ...(sysmmuVersion ? { sysmmuVersion } : {}),
    ...(secondEngine ? { secondEngine } : {}),
    ...(invalidation ? { invalidation } : {}),
    ...(features ? { features } : {}),
    ...(shared ? { shared } : {}),
    ...(compares ? { compares } : {}),
    ...(reach ? { reach } : {}),
    ...(dmaDebug ? { dmaDebug } : {}),
  } as const
}

function programsOf(
  definition: ScenarioDefinition,
  twin: Partial<TwinDefinition>,
): (parameters: Parameters, edition?: Edition) => CorePrograms[] {
  const backend = twin.table ?? definition.backend
  const cores = twin.cores ?? definition.cores
  return (parameters, edition = dmarace) => {
    const second = secondEngineOptions(definition.secondEngine)
    const platform = dmaPlatform(parameters.geometry, {
      backend,
      edition: twin.edition ? layered(twin.edition, edition) : edition,
      os: { ...osExtrasOf(definition, parameters.geometry), cores: cores.length },
      mmu: { ...mmuOptions(definition, parameters.features), ...second.mmu },
      sharing: second.sharing,
    })
    const written = cores.flatMap(({ main, interrupt }, core) => {
      const where = `scenario "${twin.id ?? definition.id}", core ${core}`
      return [
        guarded(`${where}: main`, () => write(main, 'thread', platform, parameters)),
        interrupt
          ? guarded(`${where}: interrupt`, () => write(interrupt, 'interrupt', platform, parameters))
          : emptyProgram,
      ]
    })
    const { drop } = twin
    if (drop && !written.some(({ steps }) => steps.some(drop))) {
      throw new UsageError(`the twin ${twin.id} drops nothing: no step of ${definition.id} has a path that it picks`)
    }
    const programs = drop ? written.map((program) => withoutSteps(program, drop)) : written
    return cores.map((_, core) => ({
      main: (programs[2 * core] as Program).instructions,
      interrupt: (programs[2 * core + 1] as Program).instructions,
    }))
  }
}

/** What the driver knows of its SYSMMU: its version, and what the features make of it. */
function mmuOptions(scenario: Pick<Scenario, 'sysmmuVersion' | 'invalidation'>, features: Features): MmuOptions {
  const { sysmmuVersion: version, invalidation } = scenario
  return {
    ...(version ? { version } : {}),
    invalidation: invalidation ?? (features.lazyInvalidation ? 'lazy' : 'strict'),
    supply: { clock: features.clockGating, power: features.powerDomain },
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
  const dmaOf = (device: string) => new DmaApi(asm, platform, device)
  const returned: unknown = code({ asm, dma: dmaOf('fimc0'), dmaOf, parameters })
  if (returned instanceof Promise) {
    // What becomes of it nobody waits for.
    returned.catch(() => {})
    throw new UsageError('it returned a promise, and nobody waits for it: append all instructions before it returns')
  }
  return asm.build()
}

/** What `make` makes; what a scenario's own code throws on the way says where it is from. */
function guarded(where: string, make: () => Program): Program {
  try {
    return make()
  } catch (error) {
    // A lowering of a user's edition has said where it is from.
    if (error instanceof InternalError || String(Object(error).message).startsWith('the lowering ')) throw error
    if (error instanceof UsageError) throw new UsageError(`${where}: ${error.message}`, { cause: error })
    throw new UsageError(`${where} threw ${String(error)}${placeText(error, isOwnFile)}`, { cause: error })
  }
}
