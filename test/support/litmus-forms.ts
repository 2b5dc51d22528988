/** Tests | generated litmus tests: well-formed internal forms, whatever their programs mean. */

import fc from 'fast-check'
import {
  type ActorForm,
  type ConditionForm,
  type ExpectationForm,
  type Expression,
  type FeatureForm,
  iommuOptions,
  type LitmusTest,
  type Location,
  type MemoryForm,
  type PartForm,
  type Statement,
  type UnitForm,
} from '../../src/litmus/form.ts'
import { given } from '../../src/litmus/given.ts'
import { optionsOf, splitOption } from '../../src/litmus/options.ts'
import {
  entries,
  expressions,
  maybe,
  named,
  number,
  oneOf,
  places,
  plain,
  pointers,
  registers,
  small,
  tablePlaces,
  types,
  unit,
  values,
} from './litmus-values.ts'

// --- statements ---------------------------------------------------------------------------------------------------------------------

type Bodies = fc.Arbitrary<Statement[]>

/** Statements with others inside, of what a core or a device may do. */
function programs(simple: fc.Arbitrary<Statement>, more: (body: Bodies) => readonly fc.Arbitrary<Statement>[]): Bodies {
  const { body } = fc.letrec<{ statement: Statement; body: Statement[] }>((tie) => ({
    body: fc.array(tie('statement'), { maxLength: 4 }),
    statement: fc.oneof(
      { maxDepth: 3, depthIdentifier: 'statement' },
      { arbitrary: simple, weight: 6 },
      fc.record({ do: fc.constant('if' as const), condition: plain, body: tie('body'), otherwise: tie('body') }),
      fc.record({ do: fc.constant('while' as const), condition: plain, times: plain, body: tie('body') }),
      fc.record({ do: fc.constant('repeat' as const), times: small(4), body: tie('body') }),
      ...more(tie('body') as Bodies),
    ),
  }))
  return body as Bodies
}

const doing = <Name extends Statement['do']>(what: Name) => fc.constant(what)
const shared: readonly fc.Arbitrary<Statement>[] = [
  fc.record({ do: doing('set'), to: oneOf(...registers), value: plain }),
  fc.record({ do: doing('assert'), that: plain, message: fc.string({ unit: 'grapheme' }).filter(isPrintable) }),
  fc.constant({ do: 'nop' }),
]

/** Texts have no control characters but these two, and no halves of characters. */
function isPrintable(text: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return !/[\u0000-\u0008\u000b-\u001f\uFFFD]|\p{Surrogate}/u.test(text)
}

const type = maybe(types)
const coreStatements: readonly fc.Arbitrary<Statement>[] = [
  ...shared,
  fc.record({ location: fc.oneof(named, pointers), value: values, type }).map((rest) => store(rest)),
  // The name of memory alone is written as its entry.
  fc.record({ location: tablePlaces, value: fc.oneof(plain, entries), type }).map((rest) => store(rest)),
  fc
    .record({ to: oneOf(...registers), location: places, type })
    .map(({ type: as, ...rest }) => ({ do: 'load', ...rest, ...given({ type: as }) }) as Statement),
  fc
    .record({
      action: oneOf('clean', 'inv', 'flush', 'evict', 'spec'),
      location: places,
      level: maybe(oneOf('L1', 'L2')),
    })
    .map(({ level, ...rest }) => ({ do: 'maintain' as const, ...rest, ...given({ level }) })),
  fc.record({ do: doing('mmio-write'), target: fc.constant('D'), register: oneOf('GO', 'BELL'), value: values }),
  fc.record({
    do: doing('mmio-read'),
    to: oneOf(...registers),
    target: fc.constant('D'),
    register: oneOf('GO', 'STATUS'),
  }),
  fc.record({ do: doing('bell'), device: fc.constant('D'), value: values }),
  fc.record({ unit }).map((aim) => ({ do: 'tlbi' as const, what: 'page' as const, page: 'v0', ...given(aim) })),
  fc.record({ unit, tag: plain }).map((aim) => ({ do: 'tlbi' as const, what: 'tag' as const, ...given(aim) })),
  fc
    .record({ what: oneOf('all', 'walks'), unit })
    .map(({ what, ...aim }) => ({ do: 'tlbi' as const, what, ...given(aim) })),
  fc.record({ unit, times: maybe(plain) }).map((rest) => ({ do: 'tlbsync' as const, ...given(rest) })),
  fc.record({ unit, slot: named, value: plain }).map((rest) => ({ do: 'tlbsync' as const, ...given(rest) })),
  fc.record({ page: maybe(fc.constant('v0')) }).map((rest) => ({ do: 'atc' as const, device: 'D', ...given(rest) })),
  fc
    .record({ action: oneOf('block', 'unblock', 'enable', 'disable'), unit })
    .map(({ action, ...aim }) => ({ do: 'mmu' as const, action, ...given(aim) })),
  fc.record({ tag: plain, unit }).map(({ tag, ...aim }) => ({ do: 'root' as const, tag, ...given(aim) })),
  fc.record({ do: doing('supply'), of: oneOf('D', 'M'), kind: oneOf('clock', 'power'), on: fc.boolean() }),
  fc
    .record({
      buffer: named,
      to: oneOf('dev', 'cpu'),
      direction: oneOf('TO_DEVICE', 'FROM_DEVICE', 'BIDIRECTIONAL'),
      device: maybe(fc.constant('D')),
    })
    .map(({ device, ...rest }) => ({ do: 'hand-over' as const, ...rest, ...given({ device }) })),
  fc.record({ do: doing('mark'), mark: oneOf('done', 'queued'), buffer: named }),
  fc.record({
    do: doing('page'),
    action: fc.constant('alloc' as const),
    page: fc.constant('p0'),
    owner: oneOf('kernel', 'page-table'),
  }),
  fc.constant({ do: 'page', action: 'free', page: 'p0', owner: 'free' }),
  fc
    .record({ action: oneOf('take', 'give'), unit })
    .map(({ action, ...aim }) => ({ do: 'iova' as const, action, page: 'v0', ...given(aim) })),
  fc.record({ do: oneOf('lock', 'unlock'), lock: oneOf('l', 'k') }),
  oneOf('dmb', 'dsb', 'isb', 'wmb', 'rmb', 'mb', 'drain', 'wait-irq', 'irqs-on', 'irqs-off', 'faults').map(
    (simple) => ({
      do: simple,
    }),
  ),
  plain.map((value) => ({
    do: 'call' as const,
    to: ['r0'],
    call: 'dma_sync_single_range_for_cpu',
    args: [
      { arg: 'word' as const, word: 'D' },
      { arg: 'expression' as const, value },
      { arg: 'location' as const, location: { place: 'named' as const, name: 'buf' } },
      { arg: 'word' as const, word: 'FROM_DEVICE' },
    ],
  })),
]

function store({
  type: as,
  ...rest
}: {
  location: Location
  value: Expression
  type: 'cacheable' | 'nc' | 'so' | undefined
}): Statement {
  return { do: 'store', ...rest, ...given({ type: as }) }
}

const polled: fc.Arbitrary<Expression> = plain.map((right) => ({
  expr: 'binary',
  op: '==',
  left: { expr: 'name', name: 'value' },
  right,
}))
const polls = (body: Bodies): readonly fc.Arbitrary<Statement>[] => [
  fc
    .record({
      what: fc.oneof(
        fc.constant({ poll: 'register' as const, target: 'D', register: 'STATUS' }),
        fc
          .record({ location: places, type })
          .map(({ location, type: as }) => ({ poll: 'memory' as const, location, ...given({ type: as }) })),
      ),
      until: fc.oneof(polled, fc.record({ expr: fc.constant('not' as const), value: polled })),
      times: maybe(plain),
      otherwise: maybe(body),
    })
    .map(({ what, until, ...rest }) => ({ do: 'poll', what, until, ...given(rest) })),
]

const deviceStatements: readonly fc.Arbitrary<Statement>[] = [
  ...shared,
  fc.record({ do: doing('read'), to: oneOf(...registers), location: fc.oneof(named, pointers) }),
  fc.record({ do: doing('write'), location: fc.oneof(named, pointers), value: values }),
  fc.constant({ do: 'walk', page: 'v0' }),
  fc.record({ do: doing('wait'), until: plain }),
  oneOf('fence', 'raise', 'lower').map((simple) => ({ do: simple })),
]

const corePrograms = programs(fc.oneof(...coreStatements), polls)
const devicePrograms = programs(fc.oneof(...deviceStatements), () => [])

// --- whole tests --------------------------------------------------------------------------------------------------------------------

const texts = fc.string({ unit: 'grapheme', maxLength: 30 }).filter(isPrintable)
const placement = fc.oneof(
  fc.record({ base: oneOf('line', 'page', 'section', 'next'), words: fc.nat(3) }),
  fc.constant({ base: 'line' as const, words: 0 }),
)
const words = (rest: object) =>
  fc
    .record({ place: placement, type: types, init: fc.array(number, { maxLength: 2 }) })
    .map((more) => ({ kind: 'words', fields: [], elements: 1, ...rest, ...more }) as unknown as MemoryForm)

const memory = fc.tuple(
  words({ name: 'buf', size: { count: 2, of: 'lines' } }),
  words({ name: 'desc', size: { count: 2, of: 'words' }, fields: ['body', 'flag'] }),
  oneOf('words', 'lines').chain((of) =>
    words({ name: 'ring', size: { count: 2, of }, fields: ['body', 'flag'], elements: 2 }),
  ),
  words({ name: 'p0', size: { count: 1, of: 'pages' } }),
  types.map((as): MemoryForm => ({ kind: 'table', names: ['T0', 'T1'], type: as })),
  placement.map((place): MemoryForm => ({ kind: 'io', names: ['v0'], place })),
  placement.map((place): MemoryForm => ({ kind: 'va', names: ['u0', 'u1'], place })),
  fc
    .record({ leaf: oneOf('page', 'large', 'section'), type: types, tag: fc.nat(2), unit })
    .map(
      ({ unit: of, ...rest }): MemoryForm => ({ kind: 'map', from: 'v0', to: 'p0', ...rest, ...given({ unit: of }) }),
    ),
)

const units: fc.Arbitrary<readonly UnitForm[]> = fc
  .tuple(
    fc.oneof(
      fc.record({
        unit: fc.constant('sysmmu' as const),
        name: fc.constant('M'),
        device: fc.constant('D'),
        version: oneOf('1.0', '3.3'),
        enabled: fc.boolean(),
      }),
      fc.record({
        unit: fc.constant('iommu' as const),
        name: fc.constant('M'),
        devices: fc.constant(['D']),
        options: fc.subarray([...iommuOptions]),
        enabled: fc.boolean(),
      }),
    ),
    fc.subarray<UnitForm>([
      { unit: 'mmu', cores: ['C0', 'C1'] },
      { unit: 'coherent', device: 'D' },
      { unit: 'supply', of: 'M', kinds: ['clock', 'power'], on: true },
      { unit: 'supply', of: 'D', kinds: ['power'], on: false },
      { unit: 'backend', device: 'D', backend: 'iommu-coherent' },
    ]),
  )
  .map(([first, more]) => [first, ...more])

/** What a condition can look at: by name, without registers. */
function isFinal(location: Location): boolean {
  return location.place === 'named' && location.index?.expr !== 'name' && !location.physical
}

const finalValues = expressions(
  fc.oneof(
    number,
    oneOf('C0', 'D').map((actor) => ({ expr: 'register' as const, actor, name: 'r0' })),
    fc
      .tuple(oneOf('memory', 'C1'), named)
      .filter(([, location]) => isFinal(location))
      .map(([observer, location]) => ({ expr: 'word' as const, observer, location })),
  ),
)
const condition: fc.Arbitrary<ConditionForm> = fc.record({
  kind: oneOf('never', 'always', 'sometimes'),
  that: finalValues,
  variants: fc.subarray(['a', 'b']),
})

const expectations: fc.Arbitrary<ExpectationForm[]> = fc.subarray<ExpectationForm>([
  { variants: ['a'], features: [], parameters: [], verdict: 'violated', violates: ['fresh-load', 'leak'], only: true },
  { variants: ['b'], features: [], parameters: [], verdict: 'holds', violates: [], only: false },
  {
    variants: [],
    features: [
      { name: 'lazyInvalidation', on: true },
      { name: 'D.coherent', on: true },
      { name: 'speculation', on: false },
      { name: 'M.power', on: false },
    ],
    parameters: [
      { name: 'rounds', value: 7 },
      { name: 'l1-ways', value: 4 },
    ],
    verdict: 'violated',
    violates: [],
    only: false,
  },
])

/** Registers exist because something sets them. */
const known: readonly Statement[] = registers.map((to) => ({ do: 'set', to, value: { expr: 'number', value: 0 } }))
/** Variants differ. */
const marked: Statement = { do: 'variant', variants: ['a'], body: [{ do: 'nop' }] }

const actors: fc.Arbitrary<readonly ActorForm[]> = fc
  .record({ core: corePrograms, other: corePrograms, handler: corePrograms, device: devicePrograms, reset: fc.nat(3) })
  .map(({ core, other, handler, device, reset }) => [
    { actor: 'cpu', name: 'C0', body: [...known, marked, ...core] },
    { actor: 'isr', core: 'C0', body: handler.filter((statement) => !JSON.stringify(statement).includes('wait-irq')) },
    {
      actor: 'device',
      name: 'D',
      registers: [
        { name: 'GO', value: 0 },
        { name: 'STATUS', value: reset },
      ],
      reactions: [{ register: 'GO', body: [{ do: 'set', to: 'STATUS', value: { expr: 'number', value: 1 } }] }],
      body: [...known, ...device],
    },
    { actor: 'cpu', name: 'C1', ...(reset > 1 ? { thread: 'T' } : {}), body: [...known, ...other] },
  ])

const partOfA: PartForm = {
  variants: ['a'],
  platform: { features: [{ name: 'speculation', on: false }], sizes: [], units: [] },
  memory: [],
}

/** Tests that are well formed, without places. */
export const litmusForms: fc.Arbitrary<LitmusTest> = fc
  .record({
    question: texts,
    source: maybe(texts),
    notes: fc.array(texts, { maxLength: 2 }),
    classes: fc.subarray(['A', 'B']),
    units,
    memory,
    actors,
    conditions: fc.array(condition, { maxLength: 2 }),
    expectations,
    features: fc.subarray([
      { name: 'eviction', on: false },
      { name: 'tlbPrefetch', on: true },
    ]),
    sizes: fc.subarray([
      { name: 'tlb', value: 4 },
      { name: 'l1-ways', value: 1 },
    ]),
    parts: maybe(fc.constantFrom([partOfA])),
  })
  .map(({ source, features, sizes, units: all, parts, ...rest }) => ({
    name: 'generated-form',
    ...given({ source, parts }),
    parameters: [{ name: 'rounds', value: 1 }],
    variants: ['a', 'b'],
    locks: ['l', 'k'],
    platform: { features, sizes, units: all },
    ...rest,
  }))
  .map((test) => ({ ...test, expectations: test.expectations.map((one) => withKnownOptions(test, one)) }))

/** Without switches of options that no part of the platform has, or that stand like that anyway. */
function withKnownOptions(test: LitmusTest, expectation: ExpectationForm): ExpectationForm {
  const known = optionsOf(test)
  const isKnown = ({ name, on }: FeatureForm) => splitOption(name) === undefined || known.get(name) === !on
  return { ...expectation, features: expectation.features.filter(isKnown) }
}
