/** Litmus | the kernel's atomic operations: their arguments, what they do to the word, what they give, how they are ordered. */

import type { Condition, Operand } from '../../machines/operand.ts'
import { add, and, eq, ne, or, shl, sub } from '../dma/operands.ts'
import type { CallArgument, Location } from './form.ts'

/** Barriers of it: before and behind, behind, before, none. */
export type AtomicOrder = 'full' | 'acquire' | 'release' | 'none'

/** `bit`: a number of a bit, which becomes its mask. */
export type AtomicArgument = 'place' | 'value' | 'bit'

export interface Atomic {
  readonly takes: readonly AtomicArgument[]
  /** What it does with the word. */
  readonly does: 'load' | 'store' | 'change'
  /** The word afterwards. `values`: the arguments but for the place, in order. */
  readonly update: (old: Operand, values: readonly Operand[]) => Operand
  /** It stores only if this holds. */
  readonly when?: (old: Operand, values: readonly Operand[]) => Condition
  /** `stored`: 1 if it has stored, else 0; `zero`, `bit`: 1 if the word is 0 afterwards, or the bit was set before. */
  readonly gives: 'nothing' | 'old' | 'new' | 'stored' | 'zero' | 'bit'
  readonly order: AtomicOrder
}

type Operation = Pick<Atomic, 'takes' | 'update'>

const first = (values: readonly Operand[]): Operand => values[0] as Operand
const xor = (a: Operand, b: Operand): Operand => sub(or(a, b), and(a, b))
const amount: readonly AtomicArgument[] = ['value', 'place']

/** What `atomic_<name>` and its forms do. */
const arithmetic: Readonly<Record<string, Operation>> = {
  add: { takes: amount, update: (old, values) => add(old, first(values)) },
  sub: { takes: amount, update: (old, values) => sub(old, first(values)) },
  inc: { takes: ['place'], update: (old) => add(old, 1) },
  dec: { takes: ['place'], update: (old) => sub(old, 1) },
  and: { takes: amount, update: (old, values) => and(old, first(values)) },
  or: { takes: amount, update: (old, values) => or(old, first(values)) },
  xor: { takes: amount, update: (old, values) => xor(old, first(values)) },
}

/** What `<name>_bit` and its forms do with the mask. */
const bits: Readonly<Record<string, Operation>> = {
  set: { takes: ['bit', 'place'], update: (old, values) => or(old, first(values)) },
  clear: { takes: ['bit', 'place'], update: (old, values) => sub(old, and(old, first(values))) },
  change: { takes: ['bit', 'place'], update: (old, values) => xor(old, first(values)) },
}

const compareAndSwap: Omit<Atomic, 'order'> = {
  takes: ['place', 'value', 'value'],
  does: 'change',
  update: (_, values) => values[1] as Operand,
  when: (old, values) => eq(old, first(values)),
  gives: 'old',
}
const swap: Omit<Atomic, 'order'> = {
  takes: ['place', 'value'],
  does: 'change',
  update: (_, values) => first(values),
  gives: 'old',
}

/** With each suffix that the kernel has for what returns a value. */
function suffixed(name: string, atomic: Omit<Atomic, 'order'>): [string, Atomic][] {
  return [
    [name, { ...atomic, order: 'full' }],
    [`${name}_relaxed`, { ...atomic, order: 'none' }],
    [`${name}_acquire`, { ...atomic, order: 'acquire' }],
    [`${name}_release`, { ...atomic, order: 'release' }],
  ]
}

/** By the kernel's name. HF-568 */
export const atomics: Readonly<Record<string, Atomic>> = Object.fromEntries([
  ...suffixed('cmpxchg', compareAndSwap),
  ...suffixed('atomic_cmpxchg', compareAndSwap),
  ...suffixed('xchg', swap),
  ...suffixed('atomic_xchg', swap),
  ...Object.entries(arithmetic).flatMap(([name, operation]): [string, Atomic][] => [
    [`atomic_${name}`, { ...operation, does: 'change', gives: 'nothing', order: 'none' }],
    ...suffixed(`atomic_fetch_${name}`, { ...operation, does: 'change', gives: 'old' }),
  ]),
  ...['add', 'sub', 'inc', 'dec'].flatMap((name) =>
    suffixed(`atomic_${name}_return`, { ...(arithmetic[name] as Operation), does: 'change', gives: 'new' }),
  ),
  ...['sub', 'inc', 'dec'].map((name): [string, Atomic] => [
    `atomic_${name}_and_test`,
    { ...(arithmetic[name] as Operation), does: 'change', gives: 'zero', order: 'full' },
  ]),
  [
    'atomic_inc_not_zero',
    {
      ...(arithmetic.inc as Operation),
      does: 'change',
      when: (old: Operand) => ne(old, 0),
      gives: 'stored',
      order: 'full',
    },
  ],
  ...Object.entries(bits).flatMap(([name, operation]): [string, Atomic][] => [
    [`${name}_bit`, { ...operation, does: 'change', gives: 'nothing', order: 'none' }],
    [`test_and_${name}_bit`, { ...operation, does: 'change', gives: 'bit', order: 'full' }],
  ]),
  ['test_and_set_bit_lock', { ...(bits.set as Operation), does: 'change', gives: 'bit', order: 'acquire' }],
  ['clear_bit_unlock', { ...(bits.clear as Operation), does: 'change', gives: 'nothing', order: 'release' }],
  [
    'smp_load_acquire',
    { takes: ['place'], does: 'load', update: (old: Operand) => old, gives: 'old', order: 'acquire' },
  ],
  [
    'smp_store_release',
    {
      takes: ['place', 'value'],
      does: 'store',
      update: (_: Operand, values: readonly Operand[]) => first(values),
      gives: 'nothing',
      order: 'release',
    },
  ],
] as [string, Atomic][])

/** The operation of that name, if it is one. */
export function atomicOf(name: string): Atomic | undefined {
  return Object.hasOwn(atomics, name) ? atomics[name] : undefined
}

/** The mask of a bit. */
export const maskOf = (bit: Operand): Operand => shl(1, bit)

/** The place that an argument names, as it is or by its address. */
export function pointedAt(argument: CallArgument | undefined): Location | undefined {
  if (argument?.arg === 'location') return argument.location
  return argument?.arg === 'expression' && argument.value.expr === 'address' ? argument.value.location : undefined
}

/** For messages: `cmpxchg(<place>, <value>, <value>)`. */
export function atomicSyntax(name: string): string {
  const { takes = [], gives } = atomicOf(name) ?? {}
  return `${gives === 'nothing' ? '' : '<r> = '}${name}(${takes.map((each) => `<${each}>`).join(', ')})`
}
