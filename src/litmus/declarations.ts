/** Litmus | what a test declares: every name once, with what it is. */

import { bellRegister } from '../../machines/dma-device/registers.ts'
import { type Problem, unknown } from './errors.ts'
import type { LitmusTest, MemoryForm, Place } from './form.ts'
import { isSizeName } from './sizes.ts'
import { registersByActor } from './statements.ts'
import { mmuName } from './table-units.ts'
import { registersOfUnits } from './unit-registers.ts'

/** What a name can stand for, as messages say it. */
export type Kind =
  | 'core'
  | 'thread'
  | 'device'
  | 'unit'
  | 'memory'
  | 'table'
  | 'IO page'
  | 'virtual page'
  | 'parameter'
  | 'lock'
  | 'variant'

export type WordsForm = Extract<MemoryForm, { readonly kind: 'words' }>

export interface Declared {
  /** Everything but locks and variants, which nothing else can be taken for. */
  readonly kinds: ReadonlyMap<string, Kind>
  readonly locks: ReadonlySet<string>
  readonly variants: ReadonlySet<string>
  readonly words: ReadonlyMap<string, WordsForm>
  /** Registers by core and device, as their programs have them. */
  readonly registers: ReadonlyMap<string, ReadonlySet<string>>
  /** Registers that cores can reach, by device or unit. */
  readonly reachable: ReadonlyMap<string, readonly string[]>
}

/** Words that mean something else where a name stands in the same place. */
export const reservedNames: Readonly<Record<string, string>> = {
  pte: 'the entry of a page',
  pd: 'a first-level entry',
  dte: 'an entry of the device table',
  value: 'what a poll read',
  memory: 'the observer of conditions',
  all: 'every translation',
  walks: 'what table walks keep',
  tag: 'the number of a domain',
  in: 'a unit',
  irq: 'the interrupt',
  with: 'what is expected with a feature',
  without: 'what is expected without a feature',
}

type Report = (message: string, at?: Place) => void

/** Collects all names; problems are names that are there twice or that mean something else. */
export function declare(test: LitmusTest, report: Report, actors = test.actors): Declared {
  const kinds = new Map<string, Kind>()
  const places = new Map<string, Place | undefined>()
  const locks = new Set<string>()
  const variants = new Set<string>()
  const add = (name: string, kind: Kind, at?: Place) => {
    const before = kinds.get(name)
    if (before !== undefined) {
      const where = places.get(name)
      const instead =
        kind === 'core' && before === 'core' ? `; its programs are threads: cpu ${name} thread <t> { … }` : ''
      report(
        `"${name}" is declared already: ${a(before)}${where ? ` (${where.line}:${where.column})` : ''}${instead}`,
        at,
      )
      return
    }
    const meaning = Object.hasOwn(reservedNames, name) ? reservedNames[name] : undefined
    if (kind === 'parameter' && isSizeName(name)) report(`"${name}" is a size; choose another name`, at)
    if (meaning !== undefined) report(`"${name}" means ${meaning}; choose another name`, at)
    kinds.set(name, kind)
    places.set(name, at)
  }
  const once = (set: Set<string>, name: string, kind: Kind) => {
    if (set.has(name)) report(`the ${kind} "${name}" is declared twice`)
    set.add(name)
  }
  for (const { name, at } of test.parameters) add(name, 'parameter', at)
  for (const name of test.variants) once(variants, name, 'variant')
  for (const name of test.locks) once(locks, name, 'lock')
  const threaded = new Set<string>()
  for (const actor of test.actors) {
    if (actor.actor === 'cpu') {
      if (actor.thread === undefined || !threaded.has(actor.name)) add(actor.name, 'core', actor.at)
      if (actor.thread === undefined) continue
      threaded.add(actor.name)
      add(actor.thread, 'thread', actor.at)
    } else if (actor.actor === 'device') add(actor.name, 'device', actor.at)
  }
  for (const unit of test.platform.units) {
    if (unit.unit === 'sysmmu' || unit.unit === 'iommu') add(unit.name, 'unit', unit.at)
    else if (unit.unit === 'mmu') add(mmuName, 'unit', unit.at)
  }
  for (const form of test.memory) {
    if (form.kind === 'words') add(form.name, 'memory', form.at)
    else if (form.kind !== 'map') for (const name of form.names) add(name, memoryKinds[form.kind], form.at)
  }
  return {
    kinds,
    locks,
    variants,
    words: new Map(test.memory.flatMap((form) => (form.kind === 'words' ? [[form.name, form] as const] : []))),
    registers: registersByActor(actors),
    reachable: new Map([
      ...test.actors.flatMap((actor) =>
        actor.actor === 'device'
          ? [[actor.name, [...new Set([bellRegister, ...actor.registers.map(({ name }) => name)])]] as const]
          : [],
      ),
      ...[...registersOfUnits(test)].map(([unit, registers]) => [unit, Object.keys(registers)] as const),
    ]),
  }
}

const memoryKinds = { table: 'table', io: 'IO page', va: 'virtual page' } as const

/** "a core", "an IO page". */
export function a(kind: Kind): string {
  return kind === 'memory' ? 'memory' : `${kind === 'IO page' ? 'an' : 'a'} ${kind}`
}

/** Names of these kinds, in the order of their declaration. */
export function namesOfKinds({ kinds }: Declared, wanted: readonly Kind[]): string[] {
  return [...kinds].filter(([, kind]) => wanted.includes(kind)).map(([name]) => name)
}

/** Checks what is named against what is declared, and keeps what is wrong. */
export class Checker {
  readonly problems: Problem[] = []
  readonly declared: Declared
  readonly test: LitmusTest

  /** @param actors whose registers there are; default those of the test */
  constructor(test: LitmusTest, actors = test.actors) {
    this.test = test
    this.declared = declare(test, this.report, actors)
  }

  readonly report = (message: string, at?: Place): void => {
    this.problems.push({ message, at })
  }

  /** Whether a name is of one of these kinds; otherwise it says what it is, or what there is. `role`: what it would be here. */
  expect(name: string, wanted: readonly Kind[], role: string, at?: Place): boolean {
    const kind = this.declared.kinds.get(name)
    if (kind !== undefined && wanted.includes(kind)) return true
    if (kind === undefined) this.report(unknown(role, name, namesOfKinds(this.declared, wanted)), at)
    else
      this.report(
        `"${name}" is ${a(kind)}, not ${role === 'place' ? 'a place in memory' : wanted.map(a).join(' or ')}`,
        at,
      )
    return false
  }

  /** Whether a name is one of a fixed set. */
  known(name: string, role: string, names: readonly string[], at?: Place): boolean {
    if (names.includes(name)) return true
    this.report(unknown(role, name, names), at)
    return false
  }

  unit(name: string | undefined, at?: Place): void {
    if (name !== undefined) this.expect(name, ['unit'], 'unit', at)
  }

  variants(names: readonly string[], at?: Place): void {
    for (const [index, name] of names.entries()) {
      if (names.indexOf(name) < index) this.report(`the variant "${name}" is named twice`, at)
      else if (this.test.variants.includes(name)) continue
      else if (['core', 'thread', 'device'].includes(this.declared.kinds.get(name) ?? ''))
        this.report(`unknown variant "${name}": a register of it is written ${name}.<r>`, at)
      else this.known(name, 'variant', this.test.variants, at)
    }
  }
}
