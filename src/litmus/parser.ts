/** Litmus | the one parser, made when the first text is read. */

import { LitmusParser } from './grammar.ts'

let parser: LitmusParser | undefined

/** It keeps nothing from one text to the next. */
export function litmusParser(): LitmusParser {
  parser ??= new LitmusParser()
  return parser
}
