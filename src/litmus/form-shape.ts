/** Litmus | the shape of a test, as far as it is looked at before it is used: `parseLitmus` made it. */

import { anything, list, parts, text } from '../base/shape.ts'

const forms = list(anything, 'a list')

export const testShape = parts('what parseLitmus returns', {
  name: text,
  question: text,
  variants: list(text, 'a list of names'),
  parameters: forms,
  platform: parts('a platform', {}),
  memory: forms,
  actors: forms,
  conditions: forms,
  expectations: forms,
})
