/** Litmus | from text to the internal form: read, put together, resolve, check. */

import type { IToken } from 'chevrotain'
import { present } from '../base/assert.ts'
import { text as aText, demand } from '../base/shape.ts'
import { problemsIn } from './check-names.ts'
import { LitmusError, type Problem } from './errors.ts'
import type { LitmusTest } from './form.ts'
import { tokensOf } from './layout.ts'
import { readTest } from './recover.ts'
import { resolveNames } from './resolve.ts'
import { assemble } from './to-form.ts'

/**
 * The test that a text describes, with places.
 * @param file what messages call it
 * LitmusError (a usage error): everything that is wrong with it, each with its place.
 */
export function parseLitmus(text: string, file = 'litmus text'): LitmusTest {
  demand(aText, text, 'parseLitmus(text, file)')
  const { significant, problems } = tokensOf(text)
  stopAt(problems)
  const { parsed, problems: syntax } = readTest(significant as IToken[])
  stopAt(syntax)
  const { test, problems: misplaced } = assemble(present(parsed, 'the test'))
  stopAt(misplaced)
  const resolved = resolveNames(test)
  stopAt(problemsIn(resolved))
  return resolved

  function stopAt(found: readonly Problem[]): void {
    if (found.length > 0) throw new LitmusError(file, found, text)
  }
}
