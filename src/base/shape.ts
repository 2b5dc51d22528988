/** Base | shapes: what a value that a user writes must look like, said once as data; and, in words, what is wrong with one. */

import { DefinitionError, UsageError, unknownName } from './errors.ts'
import { cut, isClass, shown, tagOf } from './shown.ts'

/** What a value is to look like. TypeScript says the same to those who use it; this says it to everybody else. */
export interface Shape {
  /** As it goes after "expected". */
  readonly expected: string
  /** Adds to `findings` what is wrong with `value`, which stands at `path`. */
  readonly look: (value: unknown, path: string, findings: Findings) => void
}

/** A shape of something that may be left out. */
export interface OptionalShape extends Shape {
  readonly isOptional: true
}

/** The shapes of an object's fields: each field of `T` has one, and what `T` says may be left out may be. */
export type FieldShapes<T> = {
  readonly [Key in keyof Required<T>]: Record<never, never> extends Pick<T, Key> ? OptionalShape : Shape
}

/** What has been found so far, and which objects are being looked at: one that contains itself has no end. */
interface Findings {
  readonly problems: string[]
  readonly within: unknown[]
}

/** One sentence for each thing that is wrong with `value`. @param path what it is called, where its fields alone say too little */
export function problemsOf(shape: Shape, value: unknown, path = ''): string[] {
  const findings: Findings = { problems: [], within: [] }
  shape.look(value, path, findings)
  return findings.problems
}

/** Throws a `DefinitionError` about `where` if `value` has another shape. */
export function demandDefinition(shape: Shape, value: unknown, where: string): void {
  const problems = problemsOf(shape, value)
  if (problems.length > 0) throw new DefinitionError(where, problems)
}

/** Throws a `UsageError` if `value`, an argument of the function called `where`, has another shape. */
export function demand(shape: Shape, value: unknown, where: string): void {
  const problems = problemsOf(shape, value)
  if (problems.length > 0) throw new UsageError(`${where}: ${problems.join('; ')}`)
}

/** May be left out, or be undefined. */
export function optional(shape: Shape): OptionalShape {
  const { look, expected } = shape
  return {
    expected,
    isOptional: true,
    look: (value, path, findings) => {
      if (value === null) findings.problems.push(`${path || 'it'} is null: leave it out, or give ${expected}`)
      else if (value !== undefined) look(value, path, findings)
    },
  }
}

/** What one question decides. */
export function leaf(expected: string, isOne: (value: unknown) => boolean): Shape {
  return {
    expected,
    look: (value, path, { problems }) => {
      if (!isOne(value)) problems.push(mismatch(value, path, expected))
    },
  }
}

/** Whatever it is: somebody else looks at it. */
export const anything: OptionalShape = { ...leaf('anything', () => true), isOptional: true }

export const text: Shape = leaf('a text', (value) => typeof value === 'string')

export const truth: Shape = leaf('true or false', (value) => typeof value === 'boolean')

/** Its range is somebody else's to look at. */
export const number: Shape = leaf('a number', (value) => typeof value === 'number')

/** Infinity is no bound. */
export const bound: Shape = leaf('a number, at least 0', (value) => typeof value === 'number' && value >= 0)

export const seed: Shape = leaf('a whole number', (value) => Number.isSafeInteger(value))

/** A function that is told something: what it returns is nobody's concern. */
export const listener: Shape = leaf('a function', (value) => typeof value === 'function' && !isClass(value))

export function wholeNumber(least: number, most = Number.MAX_SAFE_INTEGER): Shape {
  const range = most === Number.MAX_SAFE_INTEGER ? `, at least ${least}` : ` from ${least} to ${most}`
  return leaf(`a whole number${range}`, (value) => isWhole(value) && value >= least && value <= most)
}

function isWhole(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value)
}

/** A function that answers at once: nobody waits for what an async one or a generator comes to. */
export function answers(expected: string): Shape {
  return {
    expected,
    look: (value, path, { problems }) => {
      if (typeof value !== 'function' || isClass(value)) problems.push(mismatch(value, path, expected))
      else if (tagOf(value) !== 'Function') {
        problems.push(`${path || 'it'} is ${shown(value)}: nobody waits for it, it has to answer at once`)
      }
    },
  }
}

/** One of these names. @param kind what they name */
export function oneOf(kind: string, names: readonly string[]): Shape {
  const expected = `one of ${names.join(', ')}`
  return {
    expected,
    look: (value, path, { problems }) => {
      if (typeof value !== 'string') problems.push(mismatch(value, path, expected))
      else if (!names.includes(value)) problems.push(`${before(path)}${unknownName(kind, value, names).message}`)
    },
  }
}

/** A list, each element of this shape. */
export function list(element: Shape, expected = `a list, each ${element.expected}`): Shape {
  return nested(
    expected,
    (value) => Array.isArray(value),
    (value, path, findings) => {
      // A hole is undefined to whoever reads it.
      const elements = Array.from(value as readonly unknown[])
      elements.forEach((each, index) => {
        element.look(each, `${path}[${index}]`, findings)
      })
    },
  )
}

/** A list that is not empty. */
export function atLeastOne(several: Shape): Shape {
  return {
    expected: several.expected,
    look: (value, path, findings) => {
      if (Array.isArray(value) && value.length === 0) findings.problems.push(mismatch(value, path, several.expected))
      else several.look(value, path, findings)
    },
  }
}

/** An object with names of the user's own, each value of this shape. */
export function table(value: Shape, expected = `an object, each value ${value.expected}`): Shape {
  return nested(expected, isRecord, (record, path, findings) => {
    for (const [name, each] of Object.entries(record as object)) {
      if (name === '__proto__')
        findings.problems.push(`${before(path)}JavaScript keeps the name "__proto__" for itself`)
      else value.look(each, inside(path, name), findings)
    }
  })
}

/** An object with some of these names, each value of this shape. @param kind what they name, as in `unknownName` */
export function named(kind: string, names: readonly string[], value: Shape): Shape {
  return nested(`an object, { ${kind}: ${value.expected} }`, isRecord, (record, path, findings) => {
    for (const [name, each] of Object.entries(record as object)) {
      if (names.includes(name)) value.look(each, inside(path, name), findings)
      else findings.problems.push(`${before(path)}${unknownName(kind, cut(name), names).message}`)
    }
  })
}

/** An object with these fields and no other. @param what it is, as in "unknown field of a channel" */
export function object<T>(what: string, fields: FieldShapes<T>): Shape {
  const known = Object.keys(fields)
  const some = parts(what, fields)
  return {
    expected: some.expected,
    look: (value, path, findings) => {
      for (const name of isRecord(value) ? Object.keys(value) : []) {
        if (known.includes(name)) continue
        findings.problems.push(`${before(path)}${unknownName(`field of ${what}`, cut(name), known).message}`)
      }
      some.look(value, path, findings)
    },
  }
}

/** The same, where the other fields are somebody else's to look at. */
export function parts<T>(what: string, fields: FieldShapes<T>): Shape {
  const shapes = Object.entries(fields as Readonly<Record<string, Shape | OptionalShape>>)
  const required = shapes.filter(([, shape]) => !('isOptional' in shape)).map(([name]) => name)
  const expected = required.length === 0 ? what : `${what} { ${required.join(', ')} }`
  return nested(expected, isRecord, (record, path, findings) => {
    for (const [name, shape] of shapes) {
      const value = (record as Readonly<Record<string, unknown>>)[name]
      if (value === undefined && !('isOptional' in shape)) {
        findings.problems.push(`${inside(path, name)} is missing: expected ${shape.expected}`)
      } else shape.look(value, inside(path, name), findings)
    }
  })
}

/** Of the shapes, the one that `pick` picks for a value; with none, it is not what is expected. */
export function choose(expected: string, pick: (value: unknown) => Shape | undefined): Shape {
  return {
    expected,
    look: (value, path, findings) => {
      const shape = pick(value)
      if (shape) shape.look(value, path, findings)
      else findings.problems.push(mismatch(value, path, expected))
    },
  }
}

/** One of these or a list of them. */
export function oneOrList(element: Shape): Shape {
  const several = list(element)
  return choose(`${element.expected}, or a list of such`, (value) => (Array.isArray(value) ? several : element))
}

/** Something with parts, which are looked at only if it is what it should be, and once. */
function nested(expected: string, isOne: (value: unknown) => boolean, parts: Shape['look']): Shape {
  return {
    expected,
    look: (value, path, findings) => {
      if (!isOne(value)) findings.problems.push(mismatch(value, path, expected))
      else if (findings.within.includes(value)) findings.problems.push(`${path || 'it'} contains itself`)
      else {
        findings.within.push(value)
        parts(value, path, findings)
        findings.within.pop()
      }
    },
  }
}

/** Whether it is an object whose own fields say all: what a literal, a class or a module makes, and no list, map or date. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false
  const tag = tagOf(value)
  return tag === 'Object' || tag === 'Module'
}

function mismatch(value: unknown, path: string, expected: string): string {
  if (value === undefined) return `${path || 'it'} is undefined: expected ${expected}`
  const wait = tagOf(value) === 'Promise' ? '; await it first' : ''
  return `${path || 'it'} is ${shown(value)}: expected ${expected}${wait}`
}

function before(path: string): string {
  return path === '' ? '' : `${path}: `
}

function inside(path: string, name: string): string {
  if (!/^[\w$]+$/.test(name)) return `${path}[${cut(JSON.stringify(name))}]`
  return path === '' ? cut(name) : `${path}.${cut(name)}`
}
