/** Base | the four kinds of failure and their exit codes; nothing else in the project throws. */

import { cut, shown } from './shown.ts'

/** Bad input: says what, where and what to do instead. Exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
  readonly exitCode = 2
}

/** A named bound was reached before an answer was found. Exit code 3. */
export class LimitError extends Error {
  override readonly name = 'LimitError'
  readonly exitCode = 3
}

/** A machine or system that is wrong by definition, found before anything runs. Exit code 2. */
export class DefinitionError extends UsageError {
  /** @param where machine or system id; @param problems one sentence each, all of them at once. */
  constructor(where: string, problems: readonly string[]) {
    super(`${where} is not well defined:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`)
  }
}

/** Our own bug. Exit code 4. */
export class InternalError extends Error {
  override readonly name = 'InternalError'
  readonly exitCode = 4
  constructor(message: string, options?: ErrorOptions) {
    super(`internal: ${message}`, options)
  }
}

/** The user stopped the run. Exit code 130. */
export class InterruptedError extends Error {
  override readonly name = 'InterruptedError'
  readonly exitCode = 130
}

/** "unknown <kind> "x"; known: a, b" with the near names, nearest first. Every registry look-up uses it. @param list of more than fit */
export function unknownName(
  kind: string,
  name: string,
  known: readonly string[],
  list = `Known: ${known.map(cut).join(', ')}`,
): UsageError {
  const near = nearNames(name, known)
  const hint = near.length > 0 ? ` Did you mean ${near.join(' or ')}?` : ''
  return new UsageError(`unknown ${kind} ${typeof name === 'string' ? `"${cut(name)}"` : shown(name)}.${hint} ${list}`)
}

/** The known names that `name` is likely meant to be, nearest first. */
export function nearNames(name: string, known: readonly string[]): string[] {
  // What is longer than every name is near to none.
  if (typeof name !== 'string' || name.length > 100) return []
  return known
    .map((candidate) => ({ candidate, off: distance(candidate, name) }))
    .filter(({ off }) => off <= Math.min(3, name.length / 2))
    .sort((a, b) => a.off - b.off)
    .map(({ candidate }) => candidate)
}

/** Levenshtein distance, for suggestions only. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const substitution = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(substitution, (row[j] as number) + 1, (next[j - 1] as number) + 1))
    }
    row = next
  }
  return row[b.length] as number
}
