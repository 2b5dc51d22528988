/** Base | compileText turns text into a function, where a page's security policy allows that; callers have another way. */

/** Keeps texts apart and has no other effect, so that it can be shared by all. */
const texts = { count: 0 }

/**
 * The result of `body`, which sees `values` by their names; undefined where `Function` is forbidden. Every text gets a number,
 * because V8 shares what it learns about calls and shapes among equal texts, and each is to learn for itself. What `body`
 * keeps in constants is known to V8 when it compiles the functions that use them.
 */
export function compileText<Result>(values: Readonly<Record<string, unknown>>, body: string): Result | undefined {
  try {
    const make = new Function(...Object.keys(values), `'use strict' // ${texts.count++}\n${body}`)
    return make(...Object.values(values)) as Result
  } catch {
    return undefined
  }
}
