/** Statechart | specialise gives each hot selection and each hot plan a function of its own, in which V8 sees what is called. */

import { compileText } from '../base/compile-text.ts'
import type { Message } from '../kernel/actor.ts'
import type { ChartTransition } from './chart.ts'
import type { InnerOut, Operation } from './compile.ts'
import { Choice, choose, type Selector } from './selector.ts'

// One loop over tables that calls whatever guard or action comes next is slow: for the processor, because it cannot foresee
// where such a call goes, and for V8, which compiles the loop once for all charts and can inline nothing. So what has run
// often is written as text, `guard0(context, message, params0) ? 0 : 1`, and compiled by `Function`. Where a page's security
// policy forbids that, the loops go on.

/** When selections and plans get functions of their own: after some use, at once or never (both for tests). */
export type Specialise = 'hot' | 'always' | 'never'

/** Uses after which text is written. Lower, and short runs of many charts would do nothing else. */
const hotAfter = 500

/** Has `type` and `call` where it is looked for by type. */
export interface Typed<Result> {
  readonly type: string
  /** The only result, where there is nothing to evaluate. */
  readonly fixed: Result | undefined
  readonly choose: Specialised<Chooser<Result>>
}

/** Evaluates guards and returns the result for what they select. */
export type Chooser<Result> = (context: unknown, message: Message) => Result

/** Calls the operations of a plan in order. */
export type Runner = (context: unknown, message: Message, box: RunnerBox) => void

/** What a runner tells before each operation: whose sends follow, and who failed. */
export interface RunnerBox extends InnerOut {
  begin(operation: Operation): void
}

/** Holds a function that is replaced once it is hot. */
export class Specialised<Call extends (...args: never[]) => unknown> {
  call: Call
  private readonly loop: Call
  private readonly write: () => Call | undefined

  /** @param loop works at once. @param write returns the text's function, or undefined if there can be none. */
  constructor(loop: Call, write: () => Call | undefined, when: Specialise) {
    this.loop = loop
    this.write = write
    this.call = loop
    if (when === 'always') this.specialise()
    if (when !== 'hot') return
    let uses = 0
    this.call = ((...args: never[]) => {
      if (++uses === hotAfter) this.specialise()
      return loop(...args)
    }) as Call
  }

  /** Does it now; returns what `call` will be from now on. */
  specialise(): Call {
    this.call = this.write() ?? this.loop
    return this.call
  }
}

/**
 * The chooser of `selectors`, which are all evaluated, in order. `resultOf` is asked once for each combination of selected
 * transitions; its result must not be undefined.
 */
export function chooser<Result>(
  selectors: readonly Selector[],
  resultOf: (transitions: readonly ChartTransition[]) => Result,
  when: Specialise,
): Specialised<Chooser<Result>> {
  const start = new Choice<Result>([])
  const loop: Chooser<Result> = (context, message) => {
    let choice = start
    for (let i = 0; i < selectors.length; i++) choice = choose(selectors[i] as Selector, choice, context, message)
    choice.outcome ??= resultOf(choice.selected)
    return choice.outcome
  }
  return new Specialised(loop, () => writeChooser(selectors, resultOf), when)
}

/** More combinations than this are left to the loop. */
const combinationsMax = 4096

/**
 * Every candidate list becomes a digit, the position that it selects; all digits together are an index into the results.
 * A list above regions that selected something has the digit for "none", its length.
 */
function writeChooser<Result>(
  selectors: readonly Selector[],
  resultOf: (transitions: readonly ChartTransition[]) => Result,
): Chooser<Result> | undefined {
  const lists: Selector[] = []
  const lines: string[] = []
  /** Writes the evaluation of one selector; returns the condition that it selected something. */
  const write = (selector: Selector): string => {
    const inner = selector.regions.map(write)
    const at = lists.push(selector) - 1
    const none = selector.candidates.length
    let digit = `${none}`
    for (let i = selector.guards.length - 1; i >= 0; i--) {
      digit = selector.guards[i] ? `guard${at}_${i}(context, message, params${at}_${i}) ? ${i} : ${digit}` : `${i}`
    }
    lines.push(`const digit${at} = ${inner.length > 0 ? `${inner.join(' || ')} ? ${none} : ` : ''}${digit}`)
    return [...inner, `digit${at} < ${none}`].join(' || ')
  }
  for (const selector of selectors) write(selector)
  const bases = lists.map(({ candidates }) => candidates.length + 1)
  const combinations = bases.reduce((product, base) => product * base, 1)
  if (combinations > combinationsMax) return undefined

  const results = new Array<Result | undefined>(combinations).fill(undefined)
  const fillIn = (index: number): Result => {
    const selected = new Set<ChartTransition>()
    const digits = lists.map(() => 0)
    for (let at = lists.length - 1, rest = index; at >= 0; at--) {
      digits[at] = rest % (bases[at] as number)
      rest = Math.floor(rest / (bases[at] as number))
    }
    // Two leaves may select the same `always` of a common ancestor; it happens once.
    lists.forEach(({ candidates }, at) => {
      const transition = candidates[digits[at] as number]
      if (transition !== undefined) selected.add(transition)
    })
    const result = resultOf([...selected])
    results[index] = result
    return result
  }
  const names = lists.flatMap(({ guards }, at) =>
    guards.flatMap((guard, i) =>
      guard
        ? [`guard${at}_${i} = lists[${at}].guards[${i}].test, params${at}_${i} = lists[${at}].guards[${i}].params`]
        : [],
    ),
  )
  const index = lists.reduce((sum, _, at) => (at === 0 ? 'digit0' : `(${sum}) * ${bases[at]} + digit${at}`), '0')
  return compileText<Chooser<Result>>(
    { lists, results, fillIn },
    `${names.map((name) => `const ${name}`).join('\n')}
    return function choose(context, message) {
      ${lines.join('\n      ')}
      const result = results[${index}]
      return result === undefined ? fillIn(${index}) : result
    }`,
  )
}

/** Chooses by message type among `table`, and asks `add` for what it lacks, which extends it. */
export function chooserByType<Result>(
  table: readonly Typed<Result>[],
  add: (type: string) => Typed<Result>,
  when: Specialise,
): Specialised<Chooser<Result>> {
  const find = (type: string): Typed<Result> => {
    for (let i = 0; i < table.length; i++)
      if ((table[i] as Typed<Result>).type === type) return table[i] as Typed<Result>
    return add(type)
  }
  let misses = 0
  const loop: Chooser<Result> = (context, message) => {
    const typed = find(message.type)
    return typed.fixed ?? typed.choose.call(context, message)
  }
  const write = (): Chooser<Result> | undefined => writeByType(table, missed)
  // A type that was rare when the text was written may become frequent later.
  const missed: Chooser<Result> = (context, message) => {
    const result = loop(context, message)
    if (++misses % hotAfter === 0) specialised.specialise()
    return result
  }
  const specialised = new Specialised(loop, write, when)
  return specialised
}

function writeByType<Result>(table: readonly Typed<Result>[], missed: Chooser<Result>): Chooser<Result> | undefined {
  const names = table.map(({ fixed }, at) =>
    fixed === undefined
      ? `const choose${at} = table[${at}].choose.specialise()`
      : `const fixed${at} = table[${at}].fixed`,
  )
  const cases = table.map(
    ({ type, fixed }, at) =>
      `case ${JSON.stringify(type)}: return ${fixed === undefined ? `choose${at}(context, message)` : `fixed${at}`}`,
  )
  return compileText<Chooser<Result>>(
    { table, missed },
    `${names.join('\n')}
    return function decide(context, message) {
      switch (message.type) {
        ${cases.join('\n        ')}
      }
      return missed(context, message)
    }`,
  )
}

/** Calls operations in order, as a loop. */
export function runnerLoop(operations: readonly Operation[]): Runner {
  return (context, message, box) => {
    for (let at = 0; at < operations.length; at++) {
      const operation = operations[at] as Operation
      box.begin(operation)
      operation.run(context, message, box, operation.params)
    }
  }
}

/** The same as a text. */
export function writeRunner(operations: readonly Operation[]): Runner | undefined {
  const names = operations.map(
    (_, at) =>
      `const operation${at} = operations[${at}], run${at} = operation${at}.run, params${at} = operation${at}.params`,
  )
  const calls = operations.map((_, at) => `box.begin(operation${at}); run${at}(context, message, box, params${at})`)
  return compileText<Runner>(
    { operations },
    `${names.join('\n')}
    return function run(context, message, box) {
      ${calls.join('\n      ')}
    }`,
  )
}
