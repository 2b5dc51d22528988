/** Litmus | expressions and places as text. */

import type { AccessType, Expression, Location } from './form.ts'
import { precedences } from './operators.ts'

/** The expression as it is written, with parentheses only where they are needed. */
export function printExpression(value: Expression): string {
  switch (value.expr) {
    case 'number':
      return String(value.value)
    case 'name':
      return value.name
    case 'register':
      return `${value.actor}.${value.name}`
    case 'word':
      return `${value.observer} ${printLocation(value.location)}`
    case 'binary': {
      const { op, left, right } = value
      // Operators that bind alike group to the left.
      return `${printSide(left, precedences[op])} ${op} ${printSide(right, precedences[op] + 1)}`
    }
    case 'not':
      return value.value.expr === 'binary' ? `!(${printExpression(value.value)})` : `!${printExpression(value.value)}`
    case 'address':
      return `&${printLocation(value.location)}`
    case 'entry':
      return `${value.of} ${value.name}${printAttributes(value)}`
    case 'fault': {
      const { device, kind, access, page } = value
      const parts = [device, kind, access, page === undefined ? undefined : `at ${page}`]
      return ['fault', ...parts.filter((part) => part !== undefined)].join(' ')
    }
    default:
      return value satisfies never
  }
}

/** One side of an operator; `least`: what binds less tightly needs parentheses. */
export function printSide(value: Expression, least: number): string {
  const text = printExpression(value)
  return value.expr === 'binary' && precedences[value.op] < least ? `(${text})` : text
}

/** What is stored to an entry of the tables: a page or a table is its own entry there. */
export function printEntryValue(value: Expression): string {
  if (value.expr !== 'entry') return printExpression(value)
  if (value.of === 'page') return value.name + printAttributes(value)
  return value.of === 'table' && printAttributes(value) === '' ? value.name : printExpression(value)
}

function printAttributes({ type, readOnly }: { readonly type: AccessType; readonly readOnly: boolean }): string {
  return `${type === 'cacheable' ? '' : ` ${type}`}${readOnly ? ' read-only' : ''}`
}

/** `type`: the access type that stands inside the place of a table entry that is stored to. */
export function printLocation(location: Location, type?: AccessType): string {
  switch (location.place) {
    case 'named': {
      const { name, index, to, field, physical } = location
      const range = index ? `[${printExpression(index)}${to ? `..${printExpression(to)}` : ''}]` : ''
      return `${physical ? '@' : ''}${name}${range}${field === undefined ? '' : `.${field}`}`
    }
    case 'pointer': {
      const { register, words, physical } = location
      const offset = words.expr === 'number' && words.value === 0 ? '' : ` + ${printExpression(words)}`
      return `${physical ? '@' : ''}[${register}${offset}]`
    }
    case 'pte':
      return `pte${printSuffix(type)} ${location.page}${printAim(location)}`
    case 'pd': {
      const { index } = location
      const isPlain = index.expr === 'number' || index.expr === 'name'
      const text = printExpression(index)
      return `pd${printSuffix(type)} ${isPlain ? text : `(${text})`}${printAim(location)}`
    }
    case 'dte':
      return `dte${printSuffix(type)} ${location.device}[${printExpression(location.index)}]${printAim(location)}`
    default:
      return location satisfies never
  }
}

/** `.nc` */
export function printSuffix(type: AccessType | undefined): string {
  return type === undefined ? '' : `.${type}`
}

/** ` in M tag 1` */
export function printAim({ unit, tag }: { readonly unit?: string; readonly tag?: number | Expression }): string {
  const number = typeof tag === 'object' ? printExpression(tag) : tag
  return `${unit === undefined ? '' : ` in ${unit}`}${number === undefined ? '' : ` tag ${number}`}`
}

/** A text in double quotes. */
export function printText(text: string): string {
  const escaped = text.replace(/["\\]/g, '\\$&').replaceAll('\n', '\\n').replaceAll('\t', '\\t')
  return `"${escaped}"`
}
