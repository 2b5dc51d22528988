/** Litmus | the checks of expressions and of places in memory. */

import { constantsOf, constantValue } from './constants.ts'
import type { Checker, Declared } from './declarations.ts'
import { namesOfKinds } from './declarations.ts'
import { unknown } from './errors.ts'
import type { Expression, Location, Place } from './form.ts'
import { geometryOf } from './sizes.ts'

/** Whose expressions these are. */
export interface Scope {
  /** A core, a device or, for conditions and initial values, nobody. */
  readonly actor?: string
  readonly registers: ReadonlySet<string>
  /** Whether the final state can be looked at. */
  readonly final?: boolean
}

export const nobody: Scope = { registers: new Set() }

const memoryKinds = ['memory', 'table', 'IO page', 'virtual page'] as const

export class ValueChecks {
  private readonly checker: Checker
  private readonly declared: Declared
  private readonly constants
  /** Words of a line, a page and a second-level table; unknown where a size is impossible, which is told elsewhere. */
  private readonly sizes: { readonly line: number; readonly page: number; readonly table: number } | undefined

  constructor(checker: Checker) {
    this.checker = checker
    this.declared = checker.declared
    this.constants = constantsOf(checker.test)
    this.sizes = sizesOf(checker.test)
  }

  /** The value, if it is known from the start. */
  constant(value: Expression): number | undefined {
    return constantValue(value, this.constants)
  }

  /** Words of one element, if sizes are known. */
  elementWords(name: string): number | undefined {
    const form = this.declared.words.get(name)
    if (!form) return undefined
    const { count, of } = form.size
    if (of === 'words') return count
    return this.sizes && count * (of === 'lines' ? this.sizes.line : this.sizes.page)
  }

  expression(value: Expression, scope: Scope): void {
    switch (value.expr) {
      case 'number':
        return
      case 'name':
        this.name(value.name, scope, value.at)
        return
      case 'register':
        this.register(value, scope)
        return
      case 'word':
        if (!scope.final) this.checker.report('memory is loaded into a register first: ld <r> = <place>', value.at)
        else if (value.observer !== 'memory') this.checker.expect(value.observer, ['core'], 'observer', value.at)
        this.location(value.location, scope)
        return
      case 'binary':
        this.expression(value.left, scope)
        this.expression(value.right, scope)
        return
      case 'not':
        this.expression(value.value, scope)
        return
      case 'address':
        this.location(value.location, scope)
        return
      case 'entry':
        this.checker.expect(value.name, value.of === 'table' ? ['table'] : ['memory'], value.of, value.at)
        return
      case 'fault':
        if (value.device !== undefined) this.checker.expect(value.device, ['device'], 'device', value.at)
        if (value.page !== undefined) this.checker.expect(value.page, ['IO page'], 'IO page', value.at)
        return
      default:
        value satisfies never
    }
  }

  private name(name: string, scope: Scope, at?: Place): void {
    if (scope.registers.has(name)) return
    const kind = this.declared.kinds.get(name)
    if (kind === 'parameter' || memoryKinds.some((each) => each === kind)) return
    if (kind !== undefined) {
      this.checker.report(`the ${kind} "${name}" has no value`, at)
      return
    }
    const owners = [...this.declared.registers].filter(([, registers]) => registers.has(name)).map(([owner]) => owner)
    if (scope.final && owners.length > 0) {
      this.checker.report(`say whose register it is: ${owners.map((owner) => `${owner}.${name}`).join(' or ')}`, at)
      return
    }
    const [owner] = owners
    if (owner !== undefined && scope.actor !== undefined) {
      this.checker.report(
        `"${name}" is a register of ${owner}, not of ${scope.actor}: what they share is memory, or a register of a device`,
        at,
      )
      return
    }
    const known = [...scope.registers, ...namesOfKinds(this.declared, ['parameter', ...memoryKinds])]
    this.checker.report(unknown(scope.actor === undefined ? 'name' : `register of ${scope.actor}`, name, known), at)
  }

  private register({ actor, name, at }: Extract<Expression, { readonly expr: 'register' }>, scope: Scope): void {
    const kind = this.declared.kinds.get(actor)
    if (!scope.final) {
      const how = kind === 'device' ? `read it first: mmio.r <r> = ${actor}.${name}` : 'only conditions can look at it'
      this.checker.report(
        kind === 'memory' ? `load it first: ld <r> = ${actor}.${name}` : `${actor}.${name} is not here: ${how}`,
        at,
      )
      return
    }
    if (kind === 'memory') this.checker.report(`say who sees it: memory ${actor}.${name}`, at)
    else if (this.checker.expect(actor, ['core', 'thread', 'device'], 'core, thread or device', at)) {
      this.checker.known(name, `register of ${actor}`, [...(this.declared.registers.get(actor) ?? [])], at)
    }
  }

  location(location: Location, scope: Scope): void {
    const { checker } = this
    switch (location.place) {
      case 'named':
        this.named(location, scope)
        return
      case 'pointer':
        if (scope.final) checker.report('a condition looks at memory by its name', location.at)
        else checker.known(location.register, `register of ${scope.actor}`, [...scope.registers], location.at)
        this.expression(location.words, scope)
        return
      case 'pte':
        checker.expect(location.page, ['IO page', 'virtual page'], 'page of addresses', location.at)
        checker.unit(location.unit, location.at)
        return
      case 'pd':
        this.expression(location.index, scope)
        checker.unit(location.unit, location.at)
        return
      case 'dte':
        checker.expect(location.device, ['device'], 'device', location.at)
        this.expression(location.index, scope)
        this.inRange(location.index, 2, `dte ${location.device}`, location.at)
        checker.unit(location.unit, location.at)
        return
      default:
        location satisfies never
    }
  }

  private named(location: Extract<Location, { readonly place: 'named' }>, scope: Scope): void {
    const { checker } = this
    const { name, index, to, field, at } = location
    if (index) this.expression(index, scope)
    if (to) this.expression(to, scope)
    if (scope.registers.has(name) && !this.declared.kinds.has(name)) {
      checker.report(`"${name}" is a register; what it points to is [${name}]`, at)
      return
    }
    if (!checker.expect(name, memoryKinds, 'place', at)) return
    const form = this.declared.words.get(name)
    const fields = form?.fields ?? []
    if (field !== undefined) {
      if (fields.length === 0) checker.report(`"${name}" has no fields`, at)
      else if (checker.known(field, `field of ${name}`, fields, at) && form && form.elements > 1 && !index) {
        checker.report(`"${name}" is an array: say which element, as in ${name}[0].${field}`, at)
      }
    }
    const count = this.countOf(name)
    if (count === undefined) return
    for (const bound of [index, to]) if (bound) this.inRange(bound, count, name, at)
    const [first, last] = [index, to].map((bound) => bound && this.constant(bound))
    if (first !== undefined && last !== undefined && last < first) {
      checker.report(`the range ${name}[${first}..${last}] is empty`, at)
    }
  }

  /** Elements of an array of records, words of anything else. */
  private countOf(name: string): number | undefined {
    const kind = this.declared.kinds.get(name)
    if (kind === 'table') return this.sizes?.table
    if (kind !== 'memory') return this.sizes?.page
    const form = this.declared.words.get(name)
    const words = this.elementWords(name)
    if (!form || words === undefined) return undefined
    return form.fields.length > 0 ? form.elements : words * form.elements
  }

  private inRange(index: Expression, count: number, name: string, at?: Place): void {
    const value = this.constant(index)
    if (value === undefined || value < count) return
    this.checker.report(`${name}[${value}] is outside: the last one is ${name}[${count - 1}]`, index.at ?? at)
  }
}

function sizesOf(test: Checker['test']): ValueChecks['sizes'] {
  try {
    const { lineBytes, pageBytes, level2Entries } = geometryOf(test)
    return { line: lineBytes / 4, page: pageBytes / 4, table: level2Entries }
  } catch {
    return undefined
  }
}
