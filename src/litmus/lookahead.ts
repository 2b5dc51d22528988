/** Litmus | what the parser looks ahead for, worked out for each choice of the grammar when a text first comes to it. */

import { type ILookaheadStrategy, LLkLookaheadStrategy } from 'chevrotain'

/** Tokens. */
export const lookaheadMax = 2

// Chevrotain calls these as methods of the parser; what else they are called with is its own affair.
// biome-ignore lint/suspicious/noExplicitAny: see above
type Lookahead = (this: any, ...args: any[]) => any

/** As Chevrotain's own, except that a test pays only for the statements that it has: all of them take a fifth of a second. */
export class LazyLookahead extends LLkLookaheadStrategy {
  constructor() {
    super({ maxLookahead: lookaheadMax })
  }

  override buildLookaheadForAlternation(
    options: Parameters<ILookaheadStrategy['buildLookaheadForAlternation']>[0],
  ): ReturnType<ILookaheadStrategy['buildLookaheadForAlternation']> {
    return whenCalled(() => super.buildLookaheadForAlternation(options))
  }

  override buildLookaheadForOptional(
    options: Parameters<ILookaheadStrategy['buildLookaheadForOptional']>[0],
  ): ReturnType<ILookaheadStrategy['buildLookaheadForOptional']> {
    return whenCalled(() => super.buildLookaheadForOptional(options))
  }
}

/** The function that `make` makes, made at its first call. */
function whenCalled(make: () => Lookahead): Lookahead {
  let made: Lookahead | undefined
  return function (this: unknown, ...args) {
    made ??= make()
    return made.apply(this, args)
  }
}
