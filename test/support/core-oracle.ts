/**
 * Support | what cores can do to each other, as a machine of a page: every outcome of programs of loads, stores and barriers.
 *
 * It says what memory model the cores of this project implement, with other means than they do:
 *
 * - Stores are atomic: memory is one array, and a store is seen by all other cores at once (other-multi-copy-atomic).
 * - With `storeBuffer` stores wait in the core and leave in any order, two of one word in theirs; loads look there first (PSO).
 * - Without `loadReordering` loads are performed in program order. With it one later load may be performed before its turn, past
 *   at most two older loads and any stores and branches, but not past a barrier or an access of its word, nor if an address
 *   that it passes, or its own, depends on a value that is not there yet.
 * - A store is never performed before an older load of its core: load buffering is not seen, although the architecture allows it.
 */

import type { Expression, LitmusTest, Location, Statement } from '../../src/litmus/form.ts'

export interface CoreFeatures {
  readonly storeBuffer: boolean
  readonly loadReordering: boolean
}

type Instruction =
  | { readonly op: 'load'; readonly to: string; readonly word: string; readonly needs: readonly string[] }
  | { readonly op: 'store'; readonly word: string; readonly value: number; readonly needs: readonly string[] }
  /** `drains`: waits until every store before is performed. */
  | { readonly op: 'barrier'; readonly drains: boolean }

interface Core {
  pc: number
  registers: Record<string, number>
  /** The oldest first. */
  buffer: { word: string; value: number }[]
  early?: { at: number; value: number } | undefined
}
interface State {
  memory: Record<string, number>
  cores: Core[]
}

const overtakenMax = 2

/** Values of registers (`C0.r0`) and words at the end of every run, one line each, sorted. UsageError-free: throws for other statements. */
export function oracleOutcomes(test: LitmusTest, features: CoreFeatures): string[] {
  const programs = test.actors.map((actor) => {
    if (actor.actor !== 'cpu') throw new Error(`the oracle knows cores only, not a ${actor.actor}`)
    return { name: actor.name, code: flat(actor.body) }
  })
  const words = test.memory.map((form) => ('name' in form ? form.name : ''))
  const first: State = {
    memory: Object.fromEntries(words.map((word) => [word, 0])),
    cores: programs.map(() => ({ pc: 0, registers: {}, buffer: [] })),
  }
  const seen = new Set<string>()
  const outcomes = new Set<string>()
  const todo = [first]
  for (let state = todo.pop(); state; state = todo.pop()) {
    const key = JSON.stringify(state)
    if (seen.has(key)) continue
    seen.add(key)
    const next = state.cores.flatMap((_, core) => steps(state, core, programs[core]?.code ?? [], features))
    todo.push(...next)
    if (next.length === 0) outcomes.add(outcomeOf(state, programs))
  }
  return [...outcomes].sort()
}

function outcomeOf({ memory, cores }: State, programs: readonly { readonly name: string }[]): string {
  const registers = cores.flatMap((core, index) =>
    Object.entries(core.registers).map(([name, value]) => `${programs[index]?.name}.${name}=${value}`),
  )
  return [...registers.sort(), ...Object.entries(memory).map(([word, value]) => `${word}=${value}`)].join(' ')
}

/** Every state that one step of a core leads to. */
function steps(state: State, index: number, code: readonly Instruction[], features: CoreFeatures): State[] {
  const found: State[] = []
  const take = (change: (core: Core, memory: State['memory']) => void): void => {
    const next = structuredClone(state)
    change(next.cores[index] as Core, next.memory)
    found.push(next)
  }
  const core = state.cores[index] as Core
  for (const [entry, { word, value }] of core.buffer.entries()) {
    if (core.buffer.slice(0, entry).some((older) => older.word === word)) continue
    take((own, memory) => {
      own.buffer.splice(entry, 1)
      memory[word] = value
    })
  }
  const instruction = code[core.pc]
  if (instruction?.op === 'load') {
    const { to, word } = instruction
    const early = core.early?.at === core.pc ? core.early.value : undefined
    const value = early ?? loaded(state, core, word)
    take((own) => {
      own.registers[to] = value
      if (early !== undefined) delete own.early
      own.pc++
    })
  } else if (instruction?.op === 'store') {
    take((own, memory) => {
      if (features.storeBuffer) own.buffer.push({ word: instruction.word, value: instruction.value })
      else memory[instruction.word] = instruction.value
      own.pc++
    })
  } else if (instruction?.op === 'barrier' && (!instruction.drains || core.buffer.length === 0)) {
    take((own) => own.pc++)
  }
  if (features.loadReordering && core.early === undefined) {
    for (let at = core.pc + 1; at < code.length; at++) {
      const load = code[at] as Instruction
      if (load.op !== 'load' || !overtakes(code, core.pc, at)) continue
      const value = loaded(state, core, load.word)
      take((own) => {
        own.early = { at, value }
      })
    }
  }
  return found
}

function loaded({ memory }: State, { buffer }: Core, word: string): number {
  return buffer.findLast((entry) => entry.word === word)?.value ?? (memory[word] as number)
}

/** Whether the load at `at` may be performed while the instruction at `pc` is still to come. */
function overtakes(code: readonly Instruction[], pc: number, at: number): boolean {
  const load = code[at] as Extract<Instruction, { op: 'load' }>
  const pending = new Set<string>()
  let loads = 0
  for (const passed of code.slice(pc, at)) {
    if (passed.op === 'barrier' || passed.word === load.word || passed.needs.some((name) => pending.has(name))) {
      return false
    }
    if (passed.op === 'load') {
      pending.add(passed.to)
      if (++loads > overtakenMax) return false
    }
  }
  return !load.needs.some((name) => pending.has(name))
}

/** A branch that is always taken, as the generated ones are, orders stores and says nothing to loads: both as the machine does anyway. */
function flat(body: readonly Statement[]): Instruction[] {
  return body.flatMap((statement): Instruction[] => {
    switch (statement.do) {
      case 'load':
        return [{ op: 'load', to: statement.to, ...placed(statement.location) }]
      case 'store':
        return [{ op: 'store', value: constant(statement.value), ...placed(statement.location) }]
      case 'if':
        return flat(statement.body)
      case 'isb':
        return [{ op: 'barrier', drains: false }]
      case 'dmb':
      case 'dsb':
      case 'wmb':
      case 'rmb':
      case 'mb':
        return [{ op: 'barrier', drains: true }]
      default:
        throw new Error(`the oracle does not know "${statement.do}"`)
    }
  })
}

function placed(location: Location): { readonly word: string; readonly needs: readonly string[] } {
  if (location.place !== 'named') throw new Error('the oracle knows words with names only')
  return { word: location.name, needs: location.index ? namesIn(location.index) : [] }
}

function namesIn(expression: Expression): string[] {
  if (expression.expr === 'name') return [expression.name]
  return expression.expr === 'binary' ? [...namesIn(expression.left), ...namesIn(expression.right)] : []
}

/** Values of registers that only make a dependency do not matter: `r0 & 0`. */
function constant(expression: Expression): number {
  if (expression.expr === 'number') return expression.value
  if (expression.expr === 'binary' && expression.op === '+')
    return constant(expression.left) + constant(expression.right)
  if (expression.expr === 'binary' && expression.op === '&') return constant(expression.right)
  throw new Error('the oracle does not know this value')
}
