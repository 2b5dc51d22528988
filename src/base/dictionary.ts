/** Base | string-keyed tables for hot look-ups: plain objects without inherited names, several times faster than a Map. */

/** Instances inherit nothing, so that a key such as `constructor` is just a key; and V8 keeps them in fast mode. */
class Bare {}
Object.setPrototypeOf(Bare.prototype, null)
Reflect.deleteProperty(Bare.prototype, 'constructor')

/** An empty table. Read and write it with `table[key]`. */
export function dictionary<T>(): Record<string, T | undefined> {
  return new Bare() as Record<string, T | undefined>
}
