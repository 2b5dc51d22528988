/** Litmus | atomic operations of the kernel as the loops of load-exclusive and store-exclusive that they are. */

import type { Operand } from '../../machines/cpu/micro-op.ts'
import { and, eq, ne } from '../dma/operands.ts'
import { type Atomic, atomicOf, maskOf } from './atomics.ts'
import { access, oneWord, placeOf } from './cpu-memory.ts'
import type { CpuProgram } from './cpu-program.ts'
import type { Statement } from './form.ts'

type AtomicStatement = Extract<Statement, { do: 'atomic' }>

/** Appends one, with the barriers that its name asks for. HF-568 */
export function writeAtomic(program: CpuProgram, statement: AtomicStatement): void {
  const { asm, expressions } = program
  const { call, location, to } = statement
  const atomic = atomicOf(call) as Atomic
  const place = placeOf(program, location)
  oneWord(location, place.spot, call)
  const kinds = atomic.takes.filter((each) => each !== 'place')
  const values = statement.values.map((one, index) => {
    const value = expressions.value(one)
    return kinds[index] === 'bit' ? maskOf(value) : value
  })
  const result = to ?? asm.temp()
  if (atomic.order === 'full' || atomic.order === 'release') asm.dmb()
  access(program, place, undefined, (va, attributes) => {
    if (atomic.does === 'load') asm.emit({ op: 'load', va, to: result, ...attributes })
    else if (atomic.does === 'store') asm.emit({ op: 'store', va, value: atomic.update(0, values), ...attributes })
    else writeLoop(program, atomic, values, { result, ...attributes, va })
  })
  if (atomic.order === 'full' || atomic.order === 'acquire') asm.dmb()
  // What nobody needs any more must not tell states apart.
  if (to === undefined) asm.set(result, 0)
}

type Attributes = Parameters<Parameters<typeof access>[3]>[1]

function writeLoop(
  { asm }: CpuProgram,
  { update, when, gives }: Atomic,
  values: readonly Operand[],
  { result, va, ...attributes }: Attributes & { readonly result: string; readonly va: Operand },
): void {
  // Kept apart from the result, which may be among the operands.
  const [old, next, status] = [asm.temp(), asm.temp(), asm.temp()]
  const again = asm.label('again')
  const done = asm.label('done')
  asm.place(again)
  asm.set(status, 1)
  asm.emit({ op: 'load-exclusive', va, to: old, ...attributes })
  if (when !== undefined) {
    const swaps = asm.label('swaps')
    asm.branch(when(old, values), swaps)
    asm.goto(done)
    asm.place(swaps)
  }
  asm.set(next, update(old, values))
  asm.emit({ op: 'store-exclusive', va, value: next, to: status, ...attributes })
  asm.branch(ne(status, 0), again)
  asm.place(done)
  if (gives !== 'nothing') giveResult(asm, { gives, result, old, next, status, values })
  for (const used of [old, next, status]) asm.set(used, 0)
}

interface Outcome {
  readonly gives: Atomic['gives']
  readonly result: string
  readonly old: string
  readonly next: string
  /** 0: it has stored. */
  readonly status: string
  readonly values: readonly Operand[]
}

function giveResult(asm: CpuProgram['asm'], { gives, result, old, next, status, values }: Outcome): void {
  if (gives === 'old') asm.set(result, old)
  else if (gives === 'new') asm.set(result, next)
  else {
    const end = asm.label('given')
    const holds = { stored: eq(status, 0), zero: eq(next, 0), bit: ne(and(old, values[0] as Operand), 0) }
    const word = asm.temp()
    asm.set(word, 1)
    asm.branch(holds[gives as keyof typeof holds], end)
    asm.set(word, 0)
    asm.place(end)
    asm.set(result, word)
    asm.set(word, 0)
  }
}
