/** Litmus | the checks of programs: names in statements, and who can do what. */

import { apiCalls, isConstantWord } from './api-calls.ts'
import { atomicOf, atomicSyntax, atomics } from './atomics.ts'
import { nobody, type Scope, type ValueChecks } from './check-values.ts'
import type { Checker } from './declarations.ts'
import { namesOfKinds } from './declarations.ts'
import { hinted } from './elsewhere.ts'
import { unknown } from './errors.ts'
import type { ActorForm, Expression, Location, Statement } from './form.ts'
import { polledValue } from './grammar-statements.ts'
import { bodiesOf, registerOwner, statementsOf, targetsOf } from './statements.ts'

type Do = Statement['do']

const both: readonly Do[] = ['set', 'assert', 'if', 'while', 'repeat', 'variant', 'nop']
const deviceOnly: readonly Do[] = ['read', 'write', 'walk', 'wait', 'fence', 'raise', 'lower']
const reactions: readonly Do[] = ['set', 'assert', 'if', 'variant', 'nop', 'raise', 'lower']
/** What lets others go on, so that a loop with it is no standstill. */
const takesTime: readonly Do[] = [
  'read',
  'write',
  'walk',
  'wait',
  'fence',
  'poll',
  'load',
  'atomic',
  'mmio-read',
  'wait-irq',
]

/** How a statement is written, for messages; the others are called as in the text. */
const spelled: Partial<Record<Do, string>> = {
  store: 'st',
  load: 'ld',
  maintain: 'cache maintenance',
  'mmio-write': 'mmio.w',
  'mmio-read': 'mmio.r',
  mmu: 'block and enable',
  supply: 'clk and pwr',
  'hand-over': 'own',
  mark: 'done and queued',
  page: 'alloc and free',
  call: 'calls',
  atomic: 'atomic operations',
  read: 'rd',
  write: 'wr',
  'wait-irq': 'wait irq',
  'irqs-on': 'irqs on',
  'irqs-off': 'irqs off',
}

/** Functions that can be called. */
const functions = [...Object.keys(apiCalls), 'dma_free_coherent', 'dma_free_attrs', ...Object.keys(atomics)].filter(
  (name, index, all) => all.indexOf(name) === index,
)

/** Where a statement stands. */
interface Ground {
  readonly scope: Scope
  readonly where: 'core' | 'handler' | 'device' | 'reaction'
  /** Variants in which it is there. */
  readonly active: readonly string[]
}

export class ProgramChecks {
  private readonly checker: Checker
  private readonly values: ValueChecks

  constructor(checker: Checker, values: ValueChecks) {
    this.checker = checker
    this.values = values
  }

  actor(actor: ActorForm): void {
    const owner = registerOwner(actor)
    const registers = this.checker.declared.registers.get(owner) ?? nobody.registers
    const ground = { scope: { actor: owner, registers }, active: this.checker.test.variants }
    switch (actor.actor) {
      case 'cpu':
        this.body(actor.body, { ...ground, where: 'core' })
        return
      case 'isr':
        this.checker.expect(actor.core, ['core'], 'core', actor.at)
        this.body(actor.body, { ...ground, where: 'handler' })
        return
      case 'device':
        this.device(actor, ground)
        return
      default:
        actor satisfies never
    }
  }

  private device(actor: Extract<ActorForm, { actor: 'device' }>, ground: Omit<Ground, 'where'>): void {
    const { checker } = this
    const names = actor.registers.map(({ name }) => name)
    for (const [index, name] of names.entries()) {
      if (names.indexOf(name) < index)
        checker.report(`the register "${name}" of ${actor.name} is declared twice`, actor.at)
    }
    const seen = new Set<string>()
    for (const { register, body, at } of actor.reactions) {
      checker.known(register, `register of ${actor.name}`, checker.declared.reachable.get(actor.name) ?? [], at)
      if (seen.has(register)) checker.report(`"on ${register}" is there already`, at)
      seen.add(register)
      this.body(body, { ...ground, where: 'reaction' })
    }
    this.body(actor.body, { ...ground, where: 'device' })
  }

  private body(body: readonly Statement[], ground: Ground): void {
    for (const statement of body) {
      this.may(statement, ground)
      this.statement(statement, ground)
      for (const name of targetsOf(statement)) this.target(name, statement)
    }
  }

  /** Whether a core, a handler or a device can do it. */
  private may({ do: what, at }: Statement, { where }: Ground): void {
    const name = spelled[what] ?? what
    const { report } = this.checker
    if (where === 'core' || where === 'handler') {
      if (deviceOnly.includes(what)) report(`"${name}" is for devices; a core cannot do it`, at)
      if (where === 'handler' && what === 'wait-irq') report('an interrupt handler does not wait for interrupts', at)
    } else if (where === 'device') {
      if (!both.includes(what) && !deviceOnly.includes(what))
        report(`"${name}" is for cores; a device cannot do it`, at)
    } else if (!reactions.includes(what)) {
      report(
        `"${name}" takes time; what a device does in the step of a register write are assignments, raise, lower`,
        at,
      )
    }
  }

  /** A register that is set must not be something else. */
  private target(name: string, { at }: Statement): void {
    const kind = this.checker.declared.kinds.get(name)
    if (kind !== undefined) {
      const instead = kind === 'memory' ? `; to store to it, st ${name} = <value>` : ''
      this.checker.report(`"${name}" is declared already, as ${kind}: no register can have its name${instead}`, at)
    }
    if (name === polledValue) this.checker.report(`"${name}" means what a poll read; choose another name`, at)
  }

  private statement(statement: Statement, ground: Ground): void {
    const { checker, values } = this
    const { scope } = ground
    const { at } = statement
    const value = (expression: Expression | undefined) => expression && values.expression(expression, scope)
    const inside = (body: readonly Statement[]) => this.body(body, ground)
    switch (statement.do) {
      case 'store':
      case 'write':
        values.location(statement.location, scope)
        if (statement.do === 'store') this.reachable(statement.location)
        value(statement.value)
        return
      case 'load':
        values.location(statement.location, scope)
        this.reachable(statement.location)
        return
      case 'atomic':
        values.location(statement.location, scope)
        this.reachable(statement.location)
        for (const one of statement.values) value(one)
        this.bits(statement)
        return
      case 'read':
      case 'maintain':
        values.location(statement.location, scope)
        return
      case 'mmio-write':
        this.register(statement.target, statement.register, statement)
        value(statement.value)
        return
      case 'mmio-read':
        this.register(statement.target, statement.register, statement)
        return
      case 'bell':
        checker.expect(statement.device, ['device'], 'device', at)
        value(statement.value)
        return
      case 'tlbi':
        if (statement.page !== undefined) this.page(statement.page, statement)
        if (statement.device !== undefined) checker.expect(statement.device, ['device'], 'device', at)
        value(statement.tag)
        checker.unit(statement.unit, at)
        return
      case 'tlbsync':
        if (statement.slot) values.location(statement.slot, scope)
        if (statement.slot && statement.times)
          checker.report('with a word to be written nobody waits, and there is nothing to give up: leave out "max"', at)
        value(statement.value)
        value(statement.times)
        checker.unit(statement.unit, at)
        inside(statement.otherwise ?? [])
        return
      case 'atc':
        checker.expect(statement.device, ['device'], 'device', at)
        if (statement.page !== undefined) this.page(statement.page, statement)
        return
      case 'mmu':
        checker.unit(statement.unit, at)
        return
      case 'root':
        value(statement.tag)
        checker.unit(statement.unit, at)
        return
      case 'supply':
        checker.expect(statement.of, ['device', 'unit'], 'device or unit', at)
        return
      case 'hand-over':
        values.location(statement.buffer, scope)
        if (statement.device !== undefined) checker.expect(statement.device, ['device'], 'device', at)
        return
      case 'mark':
        values.location(statement.buffer, scope)
        return
      case 'page':
        checker.expect(statement.page, ['memory', 'table'], 'page', at)
        return
      case 'iova':
      case 'walk':
        checker.expect(statement.page, ['IO page'], 'IO page', at)
        if (statement.do === 'iova') {
          checker.unit(statement.unit, at)
          value(statement.tag)
        }
        return
      case 'call':
        this.call(statement, scope)
        return
      case 'lock':
      case 'unlock':
        if (checker.declared.locks.size > 0) checker.known(statement.lock, 'lock', [...checker.declared.locks], at)
        else checker.report(`unknown lock "${statement.lock}": none is declared, as in locks ${statement.lock}`, at)
        return
      case 'poll':
        this.poll(statement, scope)
        inside(statement.otherwise ?? [])
        return
      case 'wait':
        value(statement.until)
        return
      case 'set':
        value(statement.value)
        return
      case 'assert':
        value(statement.that)
        return
      case 'if':
        value(statement.condition)
        inside(statement.body)
        inside(statement.otherwise)
        return
      case 'while':
        value(statement.condition)
        value(statement.times)
        this.standstill(statement, ground)
        inside(statement.body)
        return
      case 'repeat':
        value(statement.times)
        inside(statement.body)
        return
      case 'variant':
        this.variant(statement, ground)
        return
      case 'dmb':
      case 'dsb':
      case 'isb':
      case 'wmb':
      case 'rmb':
      case 'mb':
      case 'drain':
      case 'wait-irq':
      case 'irqs-on':
      case 'irqs-off':
      case 'faults':
      case 'clrex':
      case 'nop':
      case 'fence':
      case 'raise':
      case 'lower':
        return
      default:
        statement satisfies never
    }
  }

  /** Whether a core can name the place: memory without a linear mapping is reached by virtual pages. */
  private reachable(location: Location): void {
    if (location.place !== 'named' || !this.checker.declared.words.get(location.name)?.unmapped) return
    const { name, at } = location
    this.checker.report(`"${name}" is unmapped: a core reaches it by a va page that is mapped to it`, at)
  }

  private register(device: string, register: string, { at }: Statement): void {
    const { checker } = this
    if (!checker.expect(device, ['device', 'unit'], 'device or unit', at)) return
    checker.known(register, `register of ${device}`, checker.declared.reachable.get(device) ?? [], at)
  }

  private page(name: string, { at }: Statement): void {
    this.checker.expect(name, ['IO page', 'virtual page'], 'page of addresses', at)
  }

  private call(statement: Extract<Statement, { do: 'call' }>, scope: Scope): void {
    const { checker, values } = this
    const hint = functions.includes(statement.call) ? undefined : hinted('function', statement.call)
    if (hint !== undefined) {
      checker.report(hint, statement.at)
      return
    }
    if (!checker.known(statement.call, 'function', functions, statement.at)) return
    if (atomicOf(statement.call)) {
      checker.report(
        `it is written ${atomicSyntax(statement.call)}, where a place is a name, <name>.<field>, [<r>] or & of one`,
        statement.at,
      )
      return
    }
    const [device] = statement.args
    if (device?.arg === 'word') checker.expect(device.word, ['device'], 'device', device.at)
    for (const arg of statement.args) {
      if (arg.arg === 'expression') values.expression(arg.value, scope)
      else if (arg.arg === 'location') values.location(arg.location, scope)
      else if (!isConstantWord(arg.word) && arg !== device) {
        const known = [...scope.registers, ...namesOfKinds(checker.declared, ['memory', 'table', 'parameter'])]
        checker.report(unknown('argument', arg.word, known), arg.at)
      }
    }
  }

  private bits({ call, values, at }: Extract<Statement, { do: 'atomic' }>): void {
    const of = atomicOf(call)?.takes.filter((each) => each !== 'place') ?? []
    for (const [index, one] of values.entries()) {
      const bit = of[index] === 'bit' ? this.values.constant(one) : undefined
      if (bit !== undefined && bit > 31) this.checker.report(`a word has bits 0 to 31, and no bit ${bit}`, one.at ?? at)
    }
  }

  private poll(poll: Extract<Statement, { do: 'poll' }>, scope: Scope): void {
    const { checker, values } = this
    const { what, until, times, at } = poll
    if (what.poll === 'memory') {
      values.location(what.location, scope)
      this.reachable(what.location)
    } else this.register(what.target, what.register, poll)
    values.expression(until, { ...scope, registers: new Set([...scope.registers, polledValue]) })
    if (times) values.expression(times, scope)
    if (![...namesIn(until)].includes(polledValue)) {
      checker.report(`what is polled does not matter here: "${polledValue}" is not in the condition`, until.at ?? at)
    }
  }

  /** A loop without an end, in which nothing that it waits for can come. */
  private standstill(loop: Extract<Statement, { do: 'while' }>, { where }: Ground): void {
    if (loop.times) return
    const inside = [...statementsOf(loop.body)]
    if (inside.some((statement) => takesTime.includes(statement.do))) return
    const constant = this.values.constant(loop.condition)
    if (constant === undefined) {
      const read = new Set(namesIn(loop.condition))
      const isChanged = inside.some((statement) => targetsOf(statement).some((name) => read.has(name)))
      // A handler can change what its core looks at.
      if (isChanged || where !== 'device') return
    } else if (constant === 0) return
    const instead = where === 'device' ? 'wait <condition>' : 'max <number of rounds>'
    this.checker.report(`this loop goes on for ever and does nothing: say ${instead}`, loop.at)
  }

  private variant(statement: Extract<Statement, { do: 'variant' }>, ground: Ground): void {
    const { checker } = this
    const { variants, body, at } = statement
    if (variants.length === 0) checker.report('which variant? It names none', at)
    checker.variants(variants, at)
    if (bodiesOf(statement).flat().length === 0) checker.report('an empty variant block changes nothing', at)
    const active = ground.active.filter((name) => variants.includes(name))
    const isKnown = variants.some((name) => checker.declared.variants.has(name))
    if (isKnown && active.length === 0) checker.report('no variant has this: the block around it is for others', at)
    this.body(body, { ...ground, active })
  }
}

function* namesIn(value: Expression): Generator<string> {
  if (value.expr === 'name') yield value.name
  else if (value.expr === 'not') yield* namesIn(value.value)
  else if (value.expr === 'binary') {
    yield* namesIn(value.left)
    yield* namesIn(value.right)
  }
}
