/** Litmus | the program of a device, from statements to its instructions. */

import { type DeviceInstruction, type DeviceReaction, readsOf, writeOf } from '../../machines/dma-device/instruction.ts'
import type { LitmusDevice } from '../../machines/litmus-config.ts'
import type { Condition, Operand } from '../../machines/operand.ts'
import { UsageError } from '../base/errors.ts'
import { add, knownCondition } from '../dma/operands.ts'
import { type ControlWriter, isControl, writeControl } from './control.ts'
import { Expressions } from './expressions.ts'
import type { LitmusTest, Location, Statement } from './form.ts'
import { type Ground, knownNamed, spotOf } from './locations.ts'
import { placed } from './sizes.ts'
import { TrailKeeper, type Trails } from './trails.ts'

/** Writes one program, or what a device does in the step in which a register is written. */
export class DeviceProgram implements ControlWriter {
  readonly ground: Ground
  readonly expressions: Expressions
  readonly writer: ControlWriter = this
  private readonly prefix: string
  /** Whether an IOMMU is in front of it, so that a name of memory needs `@`. */
  private readonly isTranslated: boolean
  private readonly visible: readonly string[]
  private readonly instructions: DeviceInstruction[] = []
  private readonly keeper = new TrailKeeper(() => this.instructions.length)
  /** Instructions before those of the statements. */
  private before = 0
  private labels = 0
  private temps = 0

  /** @param visible registers that cores can reach */
  constructor(ground: Ground, prefix: string, isTranslated: boolean, visible: readonly string[]) {
    this.visible = visible
    this.ground = ground
    this.prefix = prefix
    this.isTranslated = isTranslated
    this.expressions = new Expressions(ground, this)
  }

  build(body: readonly Statement[]): readonly DeviceInstruction[] {
    this.write(body)
    // What is read in a variant that never writes it holds 0.
    const written = new Set([...this.visible, ...this.instructions.map(writeOf)])
    const unwritten = new Set(
      this.instructions.flatMap((one) => [...readsOf(one)]).filter((name) => !written.has(name)),
    )
    this.before = unwritten.size
    return [...[...unwritten].map((to): DeviceInstruction => ({ op: 'set', to, value: 0 })), ...this.instructions]
  }

  /** What happens in the step of a register write: neither accesses nor waiting. */
  buildReaction(body: readonly Statement[]): readonly DeviceReaction[] {
    this.write(body)
    return this.instructions.map((instruction) => {
      if (['read', 'write', 'fence', 'walk', 'wait'].includes(instruction.op)) {
        throw new UsageError(
          `what ${this.prefix} does when a register is written takes no time: it cannot ${instruction.op}`,
        )
      }
      return instruction as DeviceReaction
    })
  }

  label(hint: string): string {
    this.labels += 1
    return `${this.prefix}:${hint}${this.labels}`
  }
  place(label: string): void {
    this.instructions.push({ op: 'label', name: label })
  }
  branch(when: Condition, label: string): void {
    const known = knownCondition(when)
    if (known === undefined) this.instructions.push({ op: 'branch', to: label, when })
    else if (known) this.goto(label)
  }
  goto(label: string): void {
    this.instructions.push({ op: 'branch', to: label })
  }
  set(to: string, value: Operand): void {
    this.instructions.push({ op: 'set', to, value })
  }
  temp(): string {
    this.temps += 1
    return `${this.prefix}.t${this.temps}`
  }
  fail(message: string): void {
    this.instructions.push({ op: 'assert', that: ['eq', 0, 1], message })
  }

  readonly write = (body: readonly Statement[]): void => {
    for (const statement of body) this.keeper.within(statement, () => this.one(statement))
  }

  /** Of the program as it was built. */
  trails(): Trails {
    return [...new Array<undefined>(this.before).fill(undefined), ...this.keeper.trails()]
  }

  private one(statement: Statement): void {
    if (isControl(statement)) {
      writeControl(this, statement, this.write)
      return
    }
    switch (statement.do) {
      case 'read':
        this.access(statement.location, (addr, translated) => {
          this.instructions.push({ op: 'read', addr, to: statement.to, ...translated })
        })
        return
      case 'write': {
        const value = this.expressions.value(statement.value)
        this.access(statement.location, (addr, translated) => {
          this.instructions.push({ op: 'write', addr, value, ...translated })
        })
        return
      }
      case 'walk': {
        const known = knownNamed(this.ground, statement.page, { place: 'named', name: statement.page })
        if (known.kind !== 'io') throw new UsageError(`${placed(statement.at)}walk ${statement.page}: it is no io page`)
        this.instructions.push({ op: 'walk', addr: known.addr })
        return
      }
      case 'wait': {
        const until = this.expressions.single(statement.until)
        if (until === undefined) {
          throw new UsageError(`${placed(statement.at)}a device waits for one comparison, without && and ||`)
        }
        this.instructions.push({ op: 'wait', until })
        return
      }
      case 'fence':
      case 'raise':
      case 'lower':
        this.instructions.push({ op: statement.do })
        return
      case 'nop':
        return
      default:
        throw new UsageError(`${placed(statement.at)}a device cannot do "${statement.do}"`)
    }
  }

  /** An access to each word of a place. A read of several words keeps the last one. */
  private access(location: Location, emit: (addr: Operand, translated: { readonly translated?: true }) => void): void {
    const { addr, space, bytes } = spotOf(this.ground, location, this.expressions.value)
    const isPhysical = space === 'physical'
    if (isPhysical && this.isTranslated && location.place === 'named' && !location.physical) {
      throw new UsageError(
        `${placed(location.at)}${this.prefix} is behind an IOMMU: name an io page, or @${location.name} for the physical address`,
      )
    }
    const translated = this.isTranslated && location.place !== 'pte' && 'physical' in location && location.physical
    for (let at = 0; at < bytes; at += 4) emit(add(addr, at), translated ? { translated: true } : {})
  }
}

/** What the configuration of a device says of its own translation cache. */
export function atcOf(test: LitmusTest, name: string): Pick<LitmusDevice, 'atc' | 'atcAccesses'> {
  const atc = test.platform.units.find((one) => one.unit === 'atc' && one.device === name)
  if (atc?.unit !== 'atc') return {}
  return { atc: true, ...(atc.options?.includes('ignores-accesses') ? { atcAccesses: 'ignored' } : {}) }
}
