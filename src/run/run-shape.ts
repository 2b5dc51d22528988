/** Run | the shape of what a run takes. */

import { Bytes } from '../base/bytes.ts'
import { answers, anything, leaf, list, listener, number, object, oneOf, optional, parts, text } from '../base/shape.ts'
import { Schedule } from '../kernel/schedule.ts'
import { scenarioShape } from '../scenario/scenario-shape.ts'
import { type RunOptions, runtimes } from './options.ts'
import type { RunHooks } from './run.ts'

/** What `Run` takes: what `resolveOptions` makes of a request. */
export const optionsShape = object<RunOptions>('what resolveOptions returns', {
  scenario: scenarioShape,
  parameters: parts('parameters', { geometry: parts('a geometry', {}), features: parts('features', {}) }),
  seed: number,
  policy: text,
  pictures: list(text, 'a list of texts'),
  edition: parts('an edition', { name: text }),
  ops: optional(text),
  system: optional(text),
})

/** What else `Run` takes. */
export const hooksShape = object<RunHooks>('the hooks of a run', {
  runtime: oneOf('runtime', runtimes),
  pictures: optional(
    list(
      leaf('Bytes of a picture', (value) => value instanceof Bytes),
      'a list of Bytes',
    ),
  ),
  onFrame: optional(listener),
  onViolation: optional(listener),
  watchers: optional(list(listener, 'a list of functions')),
  system: optional(anything),
  engine: optional(answers('a function that makes an engine')),
  schedule: optional(leaf('a Schedule', (value) => value instanceof Schedule)),
  record: optional(oneOf('record', ['schedule'])),
  oracles: optional(parts('a part of the configuration of oracles', {})),
})
