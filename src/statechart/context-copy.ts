/** Statechart | copies of contexts: the keys of a chart's context are fixed, so that what copies it often can be a text. */

import { Bytes } from '../base/bytes.ts'
import { clone } from '../base/canonical.ts'
import { compileText } from '../base/compile-text.ts'

export type ContextCopier = (context: unknown) => unknown

/** Copies after which the text is written. */
const hotAfter = 200

/** Copies as `clone` does. One for each chart: once it is hot it expects contexts that look like the one it copies then. */
export function contextCopier(): ContextCopier {
  let copies = 0
  let copy: ContextCopier = (context) => {
    if (++copies === hotAfter) copy = writeCopier(context) ?? clone
    return clone(context)
  }
  return (context) => copy(context)
}

/**
 * A copier for values that look like `example`: nested object literals with known keys, made several times faster than
 * objects that get key after key. What looks different is copied by `clone`. Undefined where texts are forbidden.
 */
export function writeCopier(example: unknown): ContextCopier | undefined {
  const functions: string[] = []
  const copy = write(example, functions)
  return compileText<ContextCopier>({ clone, copyList, Bytes }, `${functions.join('\n')}\nreturn ${copy}`)
}

/** Adds the functions that `example` needs; returns the name of its own. */
function write(example: unknown, functions: string[]): string {
  if (Array.isArray(example)) {
    if (typeof example[0] !== 'object' || example[0] === null) return 'copyList'
    const element = write(example[0], functions)
    return add(
      functions,
      (name) => `function ${name}(list) { return Array.isArray(list) ? list.map(${element}) : clone(list) }`,
    )
  }
  if (typeof example !== 'object' || example === null || example instanceof Bytes) return 'clone'
  const keys = Object.keys(example)
  if (keys.length === 0) return 'clone'
  const fields = keys.map((key, at) => {
    const value = (example as Record<string, unknown>)[key]
    return `${JSON.stringify(key)}: typeof field${at} === 'object' ? ${write(value, functions)}(field${at}) : field${at}`
  })
  return add(
    functions,
    (name) => `function ${name}(value) {
      if (value === null || typeof value !== 'object') return value
      let count = 0
      for (const key in value) count++
      const ${keys.map((key, at) => `field${at} = value[${JSON.stringify(key)}]`).join(', ')}
      return count === ${keys.length} ${keys.map((_, at) => `&& field${at} !== undefined`).join(' ')}
        ? { ${fields.join(', ')} } : clone(value)
    }`,
  )
}

function add(functions: string[], text: (name: string) => string): string {
  const name = `copy${functions.length}`
  functions.push(text(name))
  return name
}

/** A list of primitive values, nearly always. */
function copyList(list: unknown): unknown {
  if (!Array.isArray(list)) return clone(list)
  for (let i = 0; i < list.length; i++) if (typeof list[i] === 'object') return list.map(clone)
  return list.slice()
}
