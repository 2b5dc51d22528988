/** Litmus | a test as text, for tests that were made and not written. */

import { UsageError } from '../base/errors.ts'
import { demand } from '../base/shape.ts'
import type {
  ActorForm,
  ConditionForm,
  ExpectationForm,
  FeatureForm,
  LitmusTest,
  MemoryForm,
  PlacementForm,
  PlatformForm,
  SizeForm,
  UnitForm,
} from './form.ts'
import { testShape } from './form-shape.ts'
import { formatLitmus } from './format.ts'
import { defaultPlacement } from './grammar-platform.ts'
import { printBlock } from './print-statements.ts'
import { printAim, printExpression, printText } from './print-values.ts'
import { soleVariant } from './to-form.ts'

/**
 * The text of a test, in canonical layout; it parses to the same test up to places, provided that the test is well formed.
 * Usage error: a name that no text can have.
 */
export function printLitmus(test: LitmusTest): string {
  demand(testShape, test, 'printLitmus(test)')
  const text = lines(test)
  try {
    return formatLitmus(text, test.name)
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    throw new UsageError(`this test cannot be written as text: ${error.message}`)
  }
}

function lines(test: LitmusTest): string {
  const { platform, memory, actors } = test
  const list = (word: string, names: readonly string[]) => (names.length > 0 ? [`${word} ${names.join(', ')}`] : [])
  const isPlain = test.variants.length === 1 && test.variants[0] === soleVariant
  const head = [
    `litmus ${test.name}`,
    printText(test.question),
    ...(test.source === undefined ? [] : [`source ${printText(test.source)}`]),
    ...list('class', test.classes),
    ...test.notes.map((note) => `note ${printText(note)}`),
    ...test.parameters.map(({ name, value }) => `param ${name} = ${value}`),
    ...(isPlain ? [] : list('variants', test.variants)),
  ]
  const groups = [
    head,
    ...printHardware(platform, memory, ''),
    ...(test.parts ?? []).flatMap((part) => printHardware(part.platform, part.memory, `${part.variants.join(', ')} `)),
    list('locks', test.locks),
    ...actors.map((actor) => [printActor(actor)]),
    test.conditions.map(printCondition),
    test.expectations.map(printExpectation),
  ]
  return groups
    .filter((group) => group.length > 0)
    .map((group) => group.join('\n'))
    .join('\n\n')
}

/** The two blocks, each a group of lines, as far as there is something in them. @param of names of variants with a space behind them, or nothing */
function printHardware(platform: PlatformForm, memory: readonly MemoryForm[], of: string): string[][] {
  const list = (word: string, items: readonly string[]) => (items.length > 0 ? [`${word} ${items.join(', ')}`] : [])
  const hardware = [
    ...list('feature', platform.features.map(printFeature)),
    ...list(
      'size',
      platform.sizes.map(({ name, value }) => `${name} ${value}`),
    ),
    ...platform.units.map(printUnit),
  ]
  return [
    ...(hardware.length > 0 ? [[`platform ${of}{\n${hardware.join('\n')}\n}`]] : []),
    ...(memory.length > 0 ? [[`memory ${of}{\n${memory.map(printMemory).join('\n')}\n}`]] : []),
  ]
}

function printFeature({ name, on }: FeatureForm): string {
  return on ? name : `no ${name}`
}

function printOptions(options: readonly string[]): string {
  return options.length > 0 ? ` with ${options.join(', ')}` : ''
}

function printUnit(unit: UnitForm): string {
  switch (unit.unit) {
    case 'sysmmu':
      return `sysmmu ${unit.name} for ${unit.device} version ${unit.version}${unit.enabled ? '' : ' off'}`
    case 'iommu': {
      const options = printOptions(unit.options)
      return `iommu ${unit.name} for ${unit.devices.join(', ')}${options}${unit.enabled ? '' : ' off'}`
    }
    case 'atc':
      return `atc for ${unit.device}${printOptions(unit.options ?? [])}`
    case 'mmu':
      return `mmu for ${unit.cores.join(', ')}`
    case 'coherent':
      return `coherent ${unit.device}`
    case 'supply':
      return `supply ${unit.of} ${unit.kinds.join(', ')}${unit.on ? ' on' : ''}`
    case 'backend':
      return `backend ${unit.device} ${unit.backend}`
    default:
      return unit satisfies never
  }
}

function printMemory(form: MemoryForm): string {
  switch (form.kind) {
    case 'words': {
      const { name, size, fields, elements, init, place, type } = form
      const isRecord = fields.length > 0 && size.of === 'words' && size.count === fields.length
      const parts = [
        ...(elements === 1 ? [] : [`${elements} x`]),
        ...(isRecord ? [] : [printSize(size)]),
        ...(fields.length > 0 ? [`{ ${fields.join(', ')} }`] : []),
        ...printPlace(place, defaultPlacement(size.of)),
        ...printType(type),
        ...(form.unmapped ? ['unmapped'] : []),
        ...(form.far ? ['far'] : []),
        ...(init.length > 0 ? [`= ${init.map(printExpression).join(', ')}`] : []),
      ]
      return `${name}: ${parts.join(' ')}`
    }
    case 'table':
      return ['table', form.names.join(', '), ...printType(form.type)].join(' ')
    case 'io':
    case 'va':
      return [form.kind, form.names.join(', '), ...printPlace(form.place, defaultPlacement(form.kind))].join(' ')
    case 'map': {
      const { from, to, leaf, type, tag, unit } = form
      const parts = [...(leaf === 'page' ? [] : [leaf]), ...printType(type)]
      const aim = printAim({ ...(unit === undefined ? {} : { unit }), ...(tag === 0 ? {} : { tag }) })
      return `map ${from} -> ${[to, ...parts].join(' ')}${aim}`
    }
    default:
      return form satisfies never
  }
}

function printSize({ count, of }: SizeForm): string {
  return `${count} ${count === 1 ? of.slice(0, -1) : of}`
}

function printPlace({ base, words }: PlacementForm, usual: PlacementForm): string[] {
  if (base === usual.base && words === usual.words) return []
  return [`${base === 'next' ? '' : 'at '}${base}${words === 0 ? '' : ` + ${words}`}`]
}

const printType = (type: string) => (type === 'cacheable' ? [] : [type])

function printActor(actor: ActorForm): string {
  switch (actor.actor) {
    case 'cpu':
      return `cpu ${actor.name}${actor.thread === undefined ? '' : ` thread ${actor.thread}`} ${printBlock(actor.body)}`
    case 'isr':
      return `isr ${actor.core} ${printBlock(actor.body)}`
    case 'device': {
      const registers = actor.registers.map(({ name, value }) => (value === 0 ? name : `${name} = ${value}`))
      const more = [
        ...(registers.length > 0 ? [`registers ${registers.join(', ')}`] : []),
        ...actor.reactions.map(({ register, body }) => `on ${register} ${printBlock(body)}`),
      ]
      return `device ${actor.name} ${printBlock(actor.body, more)}`
    }
    default:
      return actor satisfies never
  }
}

function printCondition({ kind, variants, that }: ConditionForm): string {
  return `${kind} ${variants.length > 0 ? `${variants.join(', ')}: ` : ''}${printExpression(that)}`
}

function printExpectation({ variants, features, parameters, verdict, violates, only }: ExpectationForm): string {
  const names = (on: boolean) => features.filter((feature) => feature.on === on).map(({ name }) => name)
  const given = [...names(true), ...parameters.map(({ name, value }) => `${name} = ${value}`)]
  const without = names(false)
  const parts = [
    'expect',
    ...(variants.length > 0 ? [variants.join(', ')] : []),
    ...(given.length > 0 ? [`with ${given.join(', ')}`] : []),
    ...(without.length > 0 ? [`without ${without.join(', ')}`] : []),
  ]
  const what = violates.length > 0 ? ` ${violates.join(', ')}` : ''
  return `${parts.join(' ')}: ${verdict}${only ? ' only' : ''}${what}`
}
