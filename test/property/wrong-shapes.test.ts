/** Property | what users write with a field missing, misspelt or of another kind is refused by name, or is fine; it never breaks us. */

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { assign, createMachine, emit } from 'xstate'
import { InternalError, LimitError, UsageError } from '../../src/base/errors.ts'
import { shown } from '../../src/base/shown.ts'
import {
  always,
  buildSystem,
  type CheckOptions,
  type CheckRequest,
  check,
  conversionDefaults,
  defineMachine,
  defineScenario,
  defineSystem,
  emits,
  type FromXStateOptions,
  fromXState,
  leadsTo,
  type MachineConfig,
  type Message,
  never,
  RandomScheduler,
  Run,
  type RunHooks,
  type RunRequest,
  resolveOptions,
  type ScenarioDefinition,
  Simulation,
  type SimulationOptions,
  type SystemSpec,
  sometimes,
  stall,
  subjectOfScenario,
  type TimedOptions,
  TimedScheduler,
  type TwinDefinition,
  twinOf,
} from '../../src/index.ts'
import { seed } from '../support/seed.ts'
import { type Change, changed, isOpen, misspelt, pathsIn, strangers, valueAt } from '../support/wrong-shapes.ts'

const bounded = { statesMax: 300 } as const

const lampMachine = createMachine({
  id: 'lamp',
  context: { presses: 0 },
  initial: 'off',
  states: {
    off: {
      on: {
        press: {
          target: 'lit',
          actions: [assign({ presses: ({ context }) => (context.presses + 1) % 3 }), emit({ type: 'light' })],
        },
        ack: {},
      },
    },
    lit: { on: { press: stall('it is lit'), ack: 'off' } },
  },
})
const lampOptions = {
  id: 'lamp',
  description: 'a lamp',
  inPorts: { back: ['ack'] },
  outPorts: { out: ['light'] },
  replies: ['never-sent'],
  spontaneous: {
    press: { description: 'somebody presses', kind: 'must', domain: 2, when: () => true, latencyCycles: 3 },
  },
  input: 'anything',
} satisfies FromXStateOptions<unknown>

const eyeConfig = {
  id: 'eye',
  description: 'sees light',
  inPorts: { in: ['light'] },
  outPorts: { out: ['ack'] },
  events: { light: 'light comes', answer: 'it answers', blink: 'it may blink' },
  raised: ['blink'],
  spontaneous: { answer: { description: 'answers', kind: 'must', latencyCycles: 2 } },
  context: () => ({ seen: 0 }),
  guards: { isFresh: ({ seen }: { seen: number }) => seen < 2 },
  actions: {
    note: {
      description: 'counts',
      run: (context: { seen: number }) => {
        context.seen = (context.seen + 1) % 3
      },
    },
    say: {
      description: 'answers',
      sends: { out: 1 },
      run: (_context: unknown, _message: Message, out: { send(port: string, message: Message): void }) =>
        out.send('out', { type: 'ack' }),
    },
  },
  chart: {
    description: 'an eye',
    initial: 'shut',
    on: { blink: { description: 'nothing' } },
    states: {
      shut: {
        description: 'sees nothing',
        tags: ['calm'],
        on: {
          light: [
            { target: 'open', guard: 'isFresh', actions: 'note', description: 'sees' },
            { target: 'open', actions: ['note'], reenter: true },
          ],
          answer: stall('nothing to answer'),
        },
      },
      open: {
        description: 'has seen',
        on: { light: stall('one at a time'), answer: { target: 'shut', actions: { type: 'say' } } },
      },
    },
  },
} satisfies MachineConfig<{ seen: number }, Message>

const lamp = fromXState(lampMachine, lampOptions)
const eye = defineMachine(eyeConfig)
const channels = [
  { from: 'lamp.out', to: 'eye.in', order: 'fifo', capacity: 1, latencyCycles: 2 },
  { from: 'eye.out', to: 'lamp.back' },
] as const
const systemConfig = {
  id: 'lamp-and-eye',
  description: 'a lamp and who sees it',
  actors: { lamp, eye },
  channels,
  properties: {
    safe: always((state) => state.actor('lamp').matches('off') || state.actor('lamp').matches('lit'), 'on or off'),
    quiet: never('bang', () => true),
    opens: sometimes((state) => state.actor('eye').matches('open')),
    loud: { ...emits('bang'), kind: 'never' as const },
    answered: leadsTo(
      (state) => state.actor('lamp').matches('lit'),
      (state) => state.actor('lamp').matches('off'),
      { description: 'it goes off', fairness: 'weak' },
    ),
  },
  symmetries: [{ name: 'alone', size: 1, group: 'full', actors: [['lamp']], ports: [], fields: {}, messages: {} }],
  valueSymmetries: [{ name: 'same', actor: 'lamp', rename: (context: unknown) => context }],
  fairness: { lamp: 'weak' },
}
const system = defineSystem(systemConfig as never)

const definition: ScenarioDefinition = {
  id: 'mine',
  question: 'This asks whether it is read.',
  cores: [{ main: ({ asm }) => asm.step('publish', () => asm.dsb()), interrupt: () => {} }],
  camera: 'none',
  backend: 'iommu',
  sysmmuVersion: '1.0',
  invalidation: 'strict',
  features: { speculation: false },
  defaults: {
    litmus: { ...conversionDefaults.litmus, checkFrames: 1, disturbedLines: [0], features: { eviction: false } },
    board: { ...conversionDefaults.board },
  },
  shared: { lists: [{ name: 'queue', capacity: 2 }], flags: ['raised'], locks: ['mine'] },
  dmaDebug: { entriesMax: 8, show: 'all' },
}
const scenario = defineScenario(definition)
const twin = {
  id: 'mine-broken',
  question: 'This asks what is read then.',
  violates: ['fresh-load'],
  rareOnBoard: true,
  endless: true,
  checkFeatures: { eviction: false },
  drop: (path) => path.includes('publish'),
  table: 'iommu',
} satisfies TwinDefinition

const scenarioRequest = { scenario: 'unmap-reuse', frames: 1, features: '-speculation' } satisfies CheckRequest
const request = {
  ...scenarioRequest,
  geometry: 'litmus',
  format: 'raw',
  seed: 3,
  policy: 'random',
  pictures: [],
  edition: 'dmarace',
} satisfies RunRequest

const relay = (): SystemSpec => ({
  actors: [
    { id: 'lamp', definition: lamp },
    { id: 'eye', definition: eye },
  ],
  channels: system.spec.channels,
})
const timed = {
  seed: 1,
  may: 'off',
  mayPeriodCycles: 8,
  mustJitterCycles: 2,
  lateness: { press: { oneIn: 4, cyclesMax: 9 } },
} satisfies TimedOptions

/** What is written, and what is done with it. */
const subjects: Readonly<Record<string, { readonly good: unknown; readonly use: (value: never) => unknown }>> = {
  'a system': { good: systemConfig, use: (config) => check(defineSystem(config), bounded) },
  'the options of fromXState': {
    good: lampOptions,
    use: (options) =>
      check(defineSystem({ id: 'a', actors: { lamp: fromXState(lampMachine, options), eye }, channels }), bounded),
  },
  'a machine': {
    good: eyeConfig,
    use: (config) => check(defineSystem({ id: 'a', actors: { lamp, eye: defineMachine(config) }, channels }), bounded),
  },
  'the options of check': {
    good: {
      strategy: 'bfs',
      reductions: ['por'],
      statesMax: 100,
      bytesMax: 2 ** 24,
      wanted: 'all',
      seed: 1,
      runs: 5,
      stepsMax: 20,
      stop: () => false,
      isInterrupted: () => false,
      properties: ['safe', 'completion'],
      coverage: 'report',
      fairness: 'weak',
      bugDepth: 2,
      preemptionsMax: 1,
    } satisfies CheckOptions,
    use: (options: object) => check(system, { ...bounded, ...options }),
  },
  'a scenario': {
    good: definition,
    use: (made) => {
      const mine = defineScenario(made)
      return buildSystem(resolveOptions({ scenario: mine.id, geometry: 'litmus' }, mine))
    },
  },
  'a twin': { good: twin, use: (made) => twinOf(scenario, made).programs(resolveOptions(request).parameters) },
  'the request of a check': { good: scenarioRequest, use: (asked) => subjectOfScenario(asked) },
  'the request of a run': { good: request, use: (asked) => resolveOptions(asked) },
  'the hooks of a run': {
    good: {
      runtime: 'sim',
      pictures: [],
      onFrame: () => {},
      onViolation: () => {},
      watchers: [],
      record: 'schedule',
      oracles: {},
    } satisfies RunHooks,
    use: (hooks) => new Run(resolveOptions(request), hooks).advance(20),
  },
  'the options of a simulation': {
    good: {
      runtime: 'sim',
      scheduler: new RandomScheduler(1),
      watchers: [],
      emittedWatchers: [],
      record: 'schedule',
      injections: [{ step: 0, to: 'eye.in', message: { type: 'light' } }],
    } satisfies SimulationOptions,
    use: (options: SimulationOptions) => {
      const scheduler = options?.scheduler instanceof RandomScheduler ? new RandomScheduler(1) : options?.scheduler
      return new Simulation(
        relay(),
        Object.keys(Object(options)).includes('scheduler') ? { ...options, scheduler } : options,
      ).run({ stepsMax: 30 })
    },
  },
  'the wires of a simulation': {
    good: { ...relay() },
    use: (spec) => new Simulation(spec, { runtime: 'sim', scheduler: new RandomScheduler(1) }).run({ stepsMax: 30 }),
  },
  'the options of a TimedScheduler': {
    good: timed,
    use: (options) =>
      new Simulation(relay(), { runtime: 'sim', scheduler: new TimedScheduler(options) }).run({ stepsMax: 30 }),
  },
}

/** Objects in which names are the user's own: another name is another thing. */
const tables = new Set(
  'actors fairness properties inPorts outPorts events spontaneous guards actions states on sends fields messages lateness input message'.split(
    ' ',
  ),
)

function isOurName({ path }: Change): boolean {
  const parent = path.at(-2)
  return typeof path.at(-1) === 'string' && !(typeof parent === 'string' && tables.has(parent))
}

/** What is missing or empty, or another name or object, may be missed where it is used, by another name. */
function isStrange(change: Change, good: unknown): boolean {
  if (change.kind !== 'retype' || change.value === undefined) return false
  const { value } = change
  if (isOpen(value) && Object.keys(value).length === 0) return false
  const before = valueAt(good, change.path)
  if (typeof value === 'string' || isOpen(value))
    return typeof value !== typeof before || Array.isArray(value) !== Array.isArray(before)
  return true
}

/** One of these says what the message is about: the field, those around it, or the value that was found there. */
function namesOf(change: Change): string[] {
  const names = change.path.filter((key) => typeof key === 'string')
  if (change.kind !== 'retype') return names
  // Long texts are cut.
  return [...names, ...[change.value].flat().map((value) => shown(value).slice(0, 40))]
}

/** A machine that does another thing than it declares is found when it does it, which is called internal, with its name. */
function isOurs(error: unknown): boolean {
  if (error instanceof InternalError) return error.message.startsWith('internal: eye ')
  return error instanceof UsageError || error instanceof LimitError
}

/** What comes of a value: an error, or nothing. */
function outcomeOf(use: (value: never) => unknown, value: unknown): unknown {
  try {
    use(value as never)
    return undefined
  } catch (error) {
    return error
  }
}

describe(`seed ${seed}`, () => {
  test.each(Object.entries(subjects))('%s', (_name, { good, use }) => {
    expect(outcomeOf(use, good)).toBeUndefined()
    const path = fc.constantFrom(...pathsIn(good))
    const change: fc.Arbitrary<Change> = fc.oneof(
      { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('drop', 'misspell'), path }) },
      { weight: 3, arbitrary: fc.record({ kind: fc.constant('retype'), path, value: fc.constantFrom(...strangers) }) },
    ) as never
    fc.assert(
      fc.property(change, (one) => {
        const error = outcomeOf(use, changed(good, one))
        const mustFail = one.kind === 'misspell' && isOurName(one)
        if (error === undefined && !mustFail) return
        expect(isOurs(error), String(error)).toBe(true)
        const { message } = error as Error
        const name = String(one.path.at(-1))
        if (mustFail)
          expect(
            [misspelt(name), `${name} is missing`].some((word) => message.includes(word)),
            message,
          ).toBe(true)
        else if (isStrange(one, good))
          expect(
            namesOf(one).some((word) => message.includes(word)),
            message,
          ).toBe(true)
      }),
      { seed, numRuns: Number(process.env.RUNS ?? '500') },
    )
  })

  test.each(Object.entries(subjects))('anything else in place of %s', (_name, { use }) => {
    for (const value of strangers) {
      const error = outcomeOf(use, value)
      if (error !== undefined) expect(error, String(error)).toBeInstanceOf(UsageError)
    }
  })
})
