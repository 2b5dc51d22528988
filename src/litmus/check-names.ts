/** Litmus | everything about a test that is wrong by itself, found before anything is lowered: names, kinds, ranges, contradictions. */

import { features } from '../../machines/features.ts'
import { sysmmuVersions } from '../../machines/sysmmu/regs.ts'
import { counted } from '../base/counted.ts'
import { backendNames } from '../dma/types.ts'
import { checkExpectations } from './check-expectations.ts'
import { ProgramChecks } from './check-programs.ts'
import { nobody, ValueChecks } from './check-values.ts'
import { chooseVariant, withParts } from './choose.ts'
import { Checker, type WordsForm } from './declarations.ts'
import { LitmusError, type Problem } from './errors.ts'
import type { LitmusTest, MemoryForm, Place, Statement, UnitForm } from './form.ts'
import { idleIn } from './idle.ts'
import { memoryBytesMax } from './memory-layout.ts'
import { type LitmusSizeName, litmusSizes, sizeProblem } from './sizes.ts'
import { partsIn, programsOf, statementsOf } from './statements.ts'

/** What is wrong, in no particular order; nothing if all is well. */
export function problemsIn(test: LitmusTest): readonly Problem[] {
  if (test.parts === undefined) return problemsOf(test)
  // What there is depends on the variant: each is checked with what it has.
  const checker = new Checker(test)
  for (const { variants, at } of variantLists(test)) checker.variants(variants, at)
  checkVariants(checker)
  if (checker.problems.length > 0) return checker.problems
  const found = test.variants.flatMap((variant) => problemsOf(chooseVariant(test, { variant }), test.actors))
  for (const expectation of test.expectations) {
    const covered = expectation.variants.length > 0 ? expectation.variants : test.variants
    found.push(
      ...idleIn(
        covered.map((variant) => withParts(test, variant)),
        expectation,
      ),
    )
  }
  const keyOf = ({ message, at }: Problem) => `${message} ${at?.line}:${at?.column}`
  return [...new Map(found.map((problem) => [keyOf(problem), problem])).values()]
}

/** Wherever variants are named. */
function* variantLists({ actors, conditions, expectations, parts }: LitmusTest) {
  for (const part of partsIn([actors, conditions, expectations, parts])) {
    if (Array.isArray(part.variants)) yield part as { readonly variants: readonly string[]; readonly at?: Place }
  }
}

/** @param actors whose registers there are, if not only those of the test */
function problemsOf(test: LitmusTest, actors: LitmusTest['actors'] = test.actors): readonly Problem[] {
  const checker = new Checker(test, actors)
  const values = new ValueChecks(checker)
  checkPlatform(checker)
  for (const form of test.memory) checkMemory(checker, values, form)
  checkMaps(checker)
  const handlers = new Set<string>()
  const programs = new ProgramChecks(checker, values)
  for (const actor of test.actors) {
    programs.actor(actor)
    if (actor.actor !== 'isr') continue
    if (handlers.has(actor.core)) checker.report(`${actor.core} has an interrupt handler already`, actor.at)
    handlers.add(actor.core)
  }
  if (test.actors.length === 0) checker.report('nobody does anything: a test has a cpu or a device')
  checkVariants(checker)
  for (const { kind, that, variants, at } of test.conditions) {
    checker.variants(variants, at)
    values.expression(that, { ...nobody, final: true })
    if (that.expr === 'fault' && kind === 'always') {
      checker.report(
        'a fault happens in a moment, and what is always so is judged at the end: say never or sometimes',
        at,
      )
    }
  }
  checkExpectations(checker)
  return checker.problems
}

/** Throws LitmusError unless the test is well formed; for tests that were not written as text. */
export function checkLitmus(test: LitmusTest): void {
  const problems = problemsIn(test)
  if (problems.length > 0) throw new LitmusError(test.name, problems)
}

// --- platform -----------------------------------------------------------------------------------------------------------------

function checkPlatform(checker: Checker): void {
  const { platform } = checker.test
  const switched = new Map<string, boolean>()
  for (const { name, on, at } of platform.features) {
    checker.known(name, 'feature', Object.keys(features), at)
    const before = switched.get(name)
    if (before !== undefined) {
      checker.report(
        before === on ? `the feature "${name}" is there twice` : `the feature "${name}" is both on and off`,
        at,
      )
    }
    switched.set(name, on)
  }
  const sizes = new Set<string>()
  for (const { name, value, at } of platform.sizes) {
    if (sizes.has(name)) checker.report(`the size "${name}" is given twice`, at)
    sizes.add(name)
    if (!checker.known(name, 'size', Object.keys(litmusSizes), at)) continue
    const problem = sizeProblem(name as LitmusSizeName, value)
    if (problem !== undefined) checker.report(problem, at)
  }
  const behind = new Map<string, string>()
  for (const unit of platform.units) checkUnit(checker, unit, behind)
  for (const unit of platform.units) {
    if (unit.unit !== 'atc' || behind.has(unit.device) || !checker.declared.kinds.has(unit.device)) continue
    checker.report(`${unit.device} is behind no iommu that could fill its translation cache`, unit.at)
  }
}

/** `behind`: devices, each with the unit that is in front of it. */
function checkUnit(checker: Checker, unit: UnitForm, behind: Map<string, string>): void {
  const { at } = unit
  const device = (name: string) => checker.expect(name, ['device'], 'device', at)
  const placeBehind = (name: string, of: string) => {
    if (!device(name)) return
    const before = behind.get(name)
    if (before !== undefined) checker.report(`${name} is behind ${before} already`, at)
    behind.set(name, of)
  }
  switch (unit.unit) {
    case 'sysmmu':
      placeBehind(unit.device, unit.name)
      checker.known(unit.version, 'version', sysmmuVersions, at)
      return
    case 'iommu':
      for (const name of unit.devices) placeBehind(name, unit.name)
      twice(unit.options, (option) => checker.report(`the option "${option}" is there twice`, at))
      return
    case 'mmu':
      for (const name of unit.cores) checker.expect(name, ['core'], 'core', at)
      twice(unit.cores, (core) => checker.report(`${core} is there twice`, at))
      return
    case 'supply':
      checker.expect(unit.of, ['device', 'unit'], 'device or unit', at)
      twice(unit.kinds, (kind) => checker.report(`the ${kind} is there twice`, at))
      return
    case 'backend':
      device(unit.device)
      checker.known(unit.backend, 'backend', backendNames, at)
      return
    case 'atc':
    case 'coherent': {
      const same = checker.test.platform.units.find((one) => one.unit === unit.unit && one.device === unit.device)
      if (device(unit.device) && same !== unit) checker.report(`"${unit.unit}" of ${unit.device} is there twice`, at)
      return
    }
    default:
      unit satisfies never
  }
}

/** Tells of each item that was there before. */
function twice<Item>(items: readonly Item[], tell: (item: Item) => void): void {
  for (const [index, item] of items.entries()) if (items.indexOf(item) < index) tell(item)
}

// --- memory -------------------------------------------------------------------------------------------------------------------

function checkMemory(checker: Checker, values: ValueChecks, form: MemoryForm): void {
  switch (form.kind) {
    case 'words':
      checkWords(checker, values, form)
      return
    case 'map': {
      const { from, to, unit, at } = form
      checker.expect(from, ['IO page', 'virtual page'], 'page of addresses', at)
      checker.expect(to, ['memory', 'table'], 'memory', at)
      checker.unit(unit, at)
      return
    }
    case 'table':
    case 'io':
    case 'va':
      return
    default:
      form satisfies never
  }
}

function checkWords(checker: Checker, values: ValueChecks, form: WordsForm): void {
  const { name, fields, size, elements, init, at } = form
  twice(fields, (field) => checker.report(`the field "${field}" of ${name} is there twice`, at))
  if (size.count < 1 || elements < 1) checker.report(`"${name}" has no words`, at)
  const each = values.elementWords(name)
  if (each !== undefined) {
    const words = each * elements
    if (fields.length > each)
      checker.report(`"${name}" has ${counted(fields.length, 'field')} and ${counted(each, 'word')} for them`, at)
    if (words * 4 > memoryBytesMax) {
      checker.report(`"${name}" takes ${words} words; all memory of a test has at most ${memoryBytesMax / 4}`, at)
    }
    if (init.length > words)
      checker.report(`"${name}" has ${counted(words, 'word')} and ${counted(init.length, 'initial value')}`, at)
  }
  for (const value of init) values.expression(value, nobody)
  const hasSafeBuffers = checker.test.platform.units.some(
    (unit) => unit.unit === 'backend' && unit.backend === 'dmabounce',
  )
  if (form.far && !hasSafeBuffers)
    checker.report(
      `"${name}" is far from no device: only one with safe buffers has a limit, say "backend <device> dmabounce"`,
      at,
    )
  if (!form.unmapped) return
  if (size.of !== 'pages' || elements !== 1)
    checker.report(`only whole pages are unmapped: say how many pages "${name}" has`, at)
  if (!checker.test.platform.units.some(({ unit }) => unit === 'mmu'))
    checker.report(`no core has an mmu, and so none could reach "${name}": say "mmu for <core>"`, at)
}

/** One translation for each page, unit and tag. */
function checkMaps(checker: Checker): void {
  const seen = new Map<string, string>()
  for (const form of checker.test.memory) {
    if (form.kind !== 'map') continue
    const { from, to, unit = '', tag, at } = form
    // A table is what the page's section leads to: its own entry is another one.
    const isTable = checker.test.memory.some((each) => each.kind === 'table' && each.names.includes(to))
    const key = `${from}/${unit}/${tag}/${isTable ? 'table' : 'leaf'}`
    const before = seen.get(key)
    if (before !== undefined) checker.report(`"${from}" is mapped already, to ${before}`, at)
    else seen.set(key, to)
  }
}

// --- variants -----------------------------------------------------------------------------------------------------------------

/** Two variants that no block tells apart are one. */
function checkVariants(checker: Checker): void {
  const { test } = checker
  if (test.variants.length === 0) checker.report('a test has at least one variant')
  const blocks = test.actors
    .flatMap(programsOf)
    .flatMap((body) => [...statementsOf(body)])
    .filter((statement): statement is Extract<Statement, { do: 'variant' }> => statement.do === 'variant')
  const seen = new Map<string, string>()
  for (const variant of new Set(test.variants)) {
    const lists = [...blocks, ...(test.parts ?? [])]
    const key = lists.map(({ variants }) => (variants.includes(variant) ? '1' : '0')).join('')
    const before = seen.get(key)
    if (before !== undefined)
      checker.report(`the variants "${before}" and "${variant}" do the same: no block is for one of them`)
    else seen.set(key, variant)
  }
}
