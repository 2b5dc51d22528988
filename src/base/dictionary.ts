/** Base | string-keyed tables for hot look-ups: plain objects without inherited names, several times faster than a Map. */

/** Instances have no inherited properties, so a key such as `constructor` is just a key; and V8 keeps them in fast mode. */
const Bare = function () {} as unknown as new () => object
Bare.prototype = Object.freeze(Object.create(null))

/** An empty table. Read and write it with `table[key]`. */
export function dictionary<T>(): Record<string, T | undefined> {
  return new Bare() as Record<string, T | undefined>
}
