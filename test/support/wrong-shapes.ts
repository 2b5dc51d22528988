/** Tests | every field of a good value: dropped, misspelt, or put in another kind of value. */

/** Names and numbers on the way to a field. */
export type Path = readonly (string | number)[]

/** What is done to one field. */
export type Change =
  | { readonly kind: 'drop' | 'misspell'; readonly path: Path }
  | { readonly kind: 'retype'; readonly path: Path; readonly value: unknown }

/** Values that somebody may have in the wrong place. */
export const strangers: readonly unknown[] = [
  undefined,
  null,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  -1,
  0,
  1.5,
  7,
  2 ** 40,
  true,
  false,
  '',
  'x',
  '2',
  'constructor',
  '__proto__',
  'a.b',
  '💥',
  'long'.repeat(3000),
  [],
  ['x'],
  [null],
  [[]],
  {},
  { x: 1 },
  JSON.parse('{"__proto__": {}}'),
  Object.freeze({ type: 'x' }),
  new Proxy({}, {}),
  new Map([['a', 1]]),
  new Set(),
  new Date(0),
  /x/,
  new Error('mine'),
  Promise.resolve(1),
  Symbol('s'),
  10n,
  () => undefined,
  () => Promise.resolve(true),
  () => ({}),
  async () => true,
  function* () {},
  class X {},
]

/** Whether it has fields that are looked into. */
export function isOpen(value: unknown): value is Record<string, unknown> | unknown[] {
  if (Array.isArray(value)) return true
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype
}

/** Of every field, however deep; what is no plain object or list is one piece. */
export function pathsIn(value: unknown, at: Path = []): Path[] {
  if (!isOpen(value)) return []
  const keys: (string | number)[] = Array.isArray(value) ? [...value.keys()] : Object.keys(value)
  return keys.flatMap((key) => {
    const path = [...at, key]
    return [path, ...pathsIn((value as Record<string | number, unknown>)[key], path)]
  })
}

export function valueAt(value: unknown, path: Path): unknown {
  return path.reduce((at, key) => (at as Record<string | number, unknown>)[key], value)
}

/** Two letters changed places, or one more. */
export function misspelt(key: string): string {
  return key.length < 3
    ? `${key}x`
    : `${key.slice(0, -2)}${key.at(-1)}${key.at(-2)}${key.at(-1) === key.at(-2) ? 'x' : ''}`
}

/** A copy of `value` with the change made; what is no plain object or list is shared. */
export function changed(value: unknown, change: Change, depth = 0): unknown {
  const { path } = change
  const key = path[depth]
  if (key === undefined || !isOpen(value)) return value
  const entries = Object.entries(value).flatMap(([name, each]): [string, unknown][] => {
    if (name !== String(key)) return [[name, each]]
    if (depth < path.length - 1) return [[name, changed(each, change, depth + 1)]]
    if (change.kind === 'retype') return [[name, change.value]]
    return change.kind === 'misspell' ? [[misspelt(name), each]] : []
  })
  return Array.isArray(value) ? entries.map(([, each]) => each) : Object.fromEntries(entries)
}
