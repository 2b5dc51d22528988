/** Base | a value of any kind in a few words, for a message that says what was given. */

/** Text and names longer than this are cut. */
const lengthMax = 60

/** `text`, cut where it is long. */
export function cut(text: string): string {
  return text.length <= lengthMax ? text : `${text.slice(0, lengthMax - 1)}…`
}

/** What `value` is: `"red"`, `NaN`, `a list of 3`, `an object with the fields a, b`. Never throws on plain data. */
export function shown(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return cut(JSON.stringify(value))
    case 'bigint':
      return cut(`${value}n`)
    case 'symbol':
      return cut(String(value))
    case 'function':
      return cut(shownFunction(value as Named))
    case 'object':
      return value === null ? 'null' : cut(shownObject(value))
    default:
      return Object.is(value, -0) ? '-0' : String(value)
  }
}

/** What `Object.prototype.toString` calls it: Object, Map, AsyncFunction, … */
export function tagOf(value: unknown): string {
  return Object.prototype.toString.call(value).slice('[object '.length, -1)
}

/** The text of a function, whatever a user has made of `Function` since, or of its own `toString`. */
const { toString: textOf } = Function.prototype

/** Whether it can only be called with `new`. */
export function isClass(value: unknown): boolean {
  return typeof value === 'function' && /^class\b/.test(textOf.call(value))
}

interface Named {
  readonly name?: unknown
}

function shownFunction(value: Named): string {
  const name = typeof value.name === 'string' && value.name !== '' ? ` ${value.name}` : ''
  const tag = isClass(value) ? 'class' : tagOf(value)
  if (tag !== 'Function') return `the ${tag}${name}`
  return name === '' ? 'a function' : `the function${name}`
}

function shownObject(value: object): string {
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : `a list of ${value.length}`
  const tag = tagOf(value)
  if (tag === 'Promise') return 'a promise'
  if (tag !== 'Object' && tag !== 'Module') return `${/^[AEIOU]/.test(tag) ? 'an' : 'a'} ${tag}`
  const keys = Object.keys(value)
  if (keys.length === 0) return 'an empty object'
  const some = keys.slice(0, 5).map(cut).join(', ')
  return `an object with the ${keys.length === 1 ? 'field' : 'fields'} ${some}${keys.length > 5 ? ', …' : ''}`
}
