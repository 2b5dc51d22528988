/** DMA | an edition that somebody else wrote: every name in it checked, its base found, its lowerings watched. */

import { UsageError, unknownName } from '../base/errors.ts'
import { dmarace, dmaSteps, editionNamed, editions, operations } from './index.ts'
import { backendNames, type Edition, type EditionOps, type EditionOs, type StepName } from './types.ts'

/** An edition as a user's file exports it: the base may be named. */
export type OwnEditionSource = Omit<Edition, 'base' | 'description'> & {
  readonly description?: string
  readonly base?: Edition | string
}

const keys = ['name', 'description', 'base', 'os', 'ops', 'steps']

/**
 * The edition, with its base, that `given` describes. Usage errors say what is wrong with it.
 * @param above editions that it is the base of
 */
export function completeEdition(given: unknown, above: readonly unknown[] = []): Edition {
  const source = record('the edition', given) as Partial<OwnEditionSource>
  for (const key of Object.keys(source)) if (!keys.includes(key)) throw unknownName('field of an edition', key, keys)
  const { name, description = 'an edition of your own', base = dmarace, os } = source
  if (typeof name !== 'string' || !/^[a-z0-9]+([.-][a-z0-9]+)*$/.test(name)) {
    throw new UsageError(
      `the edition's name is ${text(name)}: use small letters, digits, dots and dashes, as in "my-ops"`,
    )
  }
  if (Object.hasOwn(editions, name))
    throw new UsageError(`the name "${name}" is that of a shipped edition: choose another`)
  const below = baseOf(name, base, [...above, given])
  const ops = checkedOps(name, source.ops ?? {})
  const steps = checkedSteps(name, source.steps ?? {})
  if ([...Object.values(ops), steps].every((overrides) => Object.keys(overrides).length === 0)) {
    throw new UsageError(
      `the edition ${name} overrides nothing: give it ops: { <backend>: { <operation>: … } } or steps: { … }`,
    )
  }
  return {
    name,
    description: String(description),
    base: below,
    ...(os === undefined ? {} : { os: checkedOs(name, os) }),
    ops,
    steps,
  }
}

function baseOf(name: string, base: unknown, above: readonly unknown[]): Edition {
  if (typeof base === 'string') return editionNamed(base)
  if (above.includes(base)) {
    throw new UsageError(`the edition ${name} has itself among its bases: leave base out, or name another`)
  }
  const edition = record('the base', base) as Partial<Edition>
  // One of ours is taken as it is; another of the user's own is held to the same rules.
  const shipped = (Object.values(editions) as Edition[]).find((known) => known === edition)
  return shipped ?? completeEdition(edition, above)
}

const osKeys = ['locks', 'flags', 'ioAddresses'] as const

/** Names that every platform has, or that another edition adds, are found where the os is put together. */
function checkedOs(name: string, given: unknown): EditionOs {
  const os = record(`the os of ${name}`, given)
  for (const key of Object.keys(os)) {
    if (!(osKeys as readonly string[]).includes(key)) throw unknownName('field of os', key, osKeys)
  }
  for (const key of ['locks', 'flags'] as const) {
    const names = os[key]
    if (names === undefined) continue
    if (!Array.isArray(names) || !names.every((one) => typeof one === 'string' && one !== '')) {
      throw new UsageError(`${key} of the os of ${name} is ${text(names)}: it must be a list of names, as in ["mine"]`)
    }
  }
  if (os.ioAddresses !== undefined && os.ioAddresses !== 'pool') {
    throw new UsageError(`ioAddresses of the os of ${name} is ${text(os.ioAddresses)}: it is "pool", or left out`)
  }
  return os as EditionOs
}

function checkedOps(name: string, given: unknown): NonNullable<Edition['ops']> {
  const tables: Record<string, EditionOps> = {}
  for (const [backend, table] of Object.entries(record('ops', given))) {
    if (!(backendNames as readonly string[]).includes(backend)) throw unknownName('backend', backend, backendNames)
    const methods: Record<string, unknown> = {}
    for (const [op, lowering] of Object.entries(record(`ops.${backend}`, table))) {
      if (!Object.hasOwn(operations, op)) throw unknownName('operation', op, Object.keys(operations))
      methods[op] = lowering === null ? null : watched(`${name}: ${op} of ${backend}`, lowering)
    }
    tables[backend] = methods as EditionOps
  }
  return tables
}

function checkedSteps(name: string, given: unknown): NonNullable<Edition['steps']> {
  const known = Object.keys(dmaSteps(dmarace))
  const steps: Partial<Record<StepName, unknown>> = {}
  for (const [step, lowering] of Object.entries(record('steps', given))) {
    if (!known.includes(step)) throw unknownName('step', step, known)
    steps[step as StepName] = watched(`${name}: step ${step}`, lowering)
  }
  return steps as NonNullable<Edition['steps']>
}

/** The same lowering, whose own errors say where they are from. */
function watched(where: string, lowering: unknown): unknown {
  if (typeof lowering !== 'function') {
    throw new UsageError(
      `${where} is ${text(lowering)}: it must be a function (asm, env, args) that appends instructions`,
    )
  }
  return (...args: readonly unknown[]): void => {
    try {
      const result: unknown = lowering(...args)
      if (!(result instanceof Promise)) return
      // What becomes of it nobody waits for.
      result.catch(() => {})
      throw new UsageError('it is asynchronous, and nobody waits for it: append all instructions before it returns')
    } catch (error) {
      if (error instanceof UsageError && error.message.startsWith('the lowering ')) throw error
      const why = error instanceof Error ? error.message : `threw ${String(error)}`
      throw new UsageError(`the lowering ${where} failed while it was written out: ${why}`)
    }
  }
}

function record(what: string, value: unknown): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  throw new UsageError(`${what} is ${text(value)}: it must be an object`)
}

function text(value: unknown): string {
  if (typeof value === 'function') return 'a function'
  return typeof value === 'bigint' ? String(value) : (JSON.stringify(value) ?? String(value))
}
