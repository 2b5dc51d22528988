/** Cli | `dmarace run` of a litmus test: one of the runs that a search tries, from a seed. */

import { UsageError, unknownName } from '../base/errors.ts'
import { litmusExtension, readLitmus } from '../fleet/litmus-files.ts'
import { featureForms, subjectOfLitmus } from '../run/litmus-subject.ts'
import { randomStepsMax, runAtRandom } from '../run/random-run.ts'
import { grouped } from '../run/report.ts'
import type { Subject } from '../run/subject.ts'
import { type RunFlags, runtimeOf, whole } from './flags.ts'
import { prepareOutputDirectory } from './image-files.ts'
import { outputsOf } from './run-outputs.ts'
import { tellSearched } from './searched-run.ts'
import type { Terminal } from './terminal.ts'

/** What means something for scenarios only. */
const scenarioFlags = [
  ...(['input', 'frames', 'size', 'format', 'geometry', 'policy', 'edition', 'ops', 'place', 'threads'] as const),
]

export async function runLitmus(file: string, flags: RunFlags, terminal: Terminal): Promise<number> {
  const runtime = runtimeOf(flags.runtime)
  for (const name of scenarioFlags) {
    if (flags[name] !== undefined) {
      throw new UsageError(`--${name} is for scenarios: a litmus test says itself what runs`)
    }
  }
  const seed = whole('seed', flags.seed ?? '1', 0, 0xffffffff)
  const subject = await litmusSubject(file, flags)
  const outputs = outputsOf(flags, flags.out)
  if (outputs.trace !== undefined && flags.trace === undefined) await prepareOutputDirectory(flags.out)
  const { schedule, end } = runAtRandom(subject, seed, runtime)
  const bound = end === 'over' ? {} : { bound: `it goes on: the bound of ${grouped(randomStepsMax)} steps was reached` }
  return tellSearched({ subject, schedule, runtime, how: `seed ${seed}`, ...bound }, { ...flags, outputs }, terminal)
}

/** Whether a word names a litmus test where a scenario can stand. */
export function isLitmusFile(word: string): boolean {
  return word.endsWith(litmusExtension)
}

/** One variant of a test; without one named, the first. Usage errors for what is wrong with the test, or not in it. */
export async function litmusSubject(
  file: string,
  flags: { readonly variant?: string; readonly features?: string },
): Promise<Subject> {
  const { test, source } = await readLitmus(file)
  const [first] = test.variants
  const variant = flags.variant ?? (first as string)
  if (!test.variants.includes(variant)) throw unknownName('variant', variant, test.variants)
  return subjectOfLitmus(test, { variant, features: featureForms(flags.features), parameters: [] }, source)
}
