/** Litmus | the program of a core or of its interrupt handler, from statements to instructions. */

import type { Instruction, Operand } from '../../machines/cpu/micro-op.ts'
import { bellRegister } from '../../machines/dma-device/registers.ts'
import { memoryMap } from '../../machines/geometry.ts'
import { gicCpuRegs, gicSpurious } from '../../machines/gic/regs.ts'
import { pageOwners } from '../../machines/os/calls.ts'
import { type OsConfig, osNumber } from '../../machines/os/types.ts'
import { UsageError, unknownName } from '../base/errors.ts'
import type { DmaApi } from '../dma/api.ts'
import { Assembler, type ProgramContext } from '../dma/assembler.ts'
import { eq } from '../dma/operands.ts'
import { ApiCalls } from './api-calls.ts'
import { type Buffers, handOver, markBuffer } from './buffers.ts'
import { knownValue } from './constants.ts'
import { bounded, type ControlWriter, isControl, writeControl } from './control.ts'
import { writeAtomic } from './cpu-atomics.ts'
import { barrier, loadExclusive, loadFrom, maintain, storeTo } from './cpu-memory.ts'
import { type UnitWriter, writeUnitStatement } from './cpu-units.ts'
import { Expressions } from './expressions.ts'
import type { LitmusTest, Statement } from './form.ts'
import { ioSpacesIn } from './io-spaces.ts'
import { type Ground, knownNamed } from './locations.ts'
import { placed } from './sizes.ts'
import { TrailKeeper, type Trails } from './trails.ts'

/** What the programs of a test have in common. */
export interface CpuGround extends Ground {
  readonly test: LitmusTest
  readonly os: OsConfig
  readonly buffers: Buffers
  readonly units: UnitWriter
  /** Whether there is an outer cache to be told. */
  readonly hasL2: boolean
  /** Registers that cores can reach, by device or unit, with their offsets in bytes. */
  readonly registers: ReadonlyMap<string, Readonly<Record<string, number>>>
  /** First bytes of the register windows, by device or unit. */
  readonly windows: ReadonlyMap<string, number>
  /** The DMA API of a device, in the program under way. */
  readonly api: (asm: Assembler, device: string) => DmaApi
}

/**
 * A handler; a thread among others of its core; the only program of a core, interrupted by a handler or by nobody.
 */
type CpuProgramKind = 'interrupt' | 'thread' | 'interrupted' | 'alone'

/** Threads mask interrupts where the kernel does: else another one would come in between. */
const contexts: Readonly<Record<CpuProgramKind, ProgramContext>> = {
  interrupt: 'interrupt',
  thread: 'thread',
  interrupted: 'thread',
  alone: 'undisturbed',
}

/** Writes one program. */
export class CpuProgram implements ControlWriter {
  readonly ground: CpuGround
  readonly asm: Assembler
  readonly expressions: Expressions
  readonly writer: ControlWriter = this
  private readonly kind: CpuProgramKind
  private readonly calls: ApiCalls
  private readonly keeper: TrailKeeper

  /** @param prefix of its own registers and labels */
  constructor(ground: CpuGround, prefix: string, { kind }: { readonly kind: CpuProgramKind }) {
    this.ground = ground
    this.kind = kind
    this.asm = new Assembler({ prefix, os: ground.os, context: contexts[kind] })
    this.keeper = new TrailKeeper(() => this.asm.size)
    this.expressions = new Expressions(ground, this)
    this.calls = new ApiCalls(this)
  }

  build(body: readonly Statement[]): readonly Instruction[] {
    this.write(body)
    // Whoever ends gives the core away.
    if (this.kind === 'thread' && this.asm.atomic !== undefined) this.asm.enableInterrupts()
    return this.asm.build().instructions
  }

  /** A handler takes its interrupt from the controller, and ends it there. One that is gone by then is none. */
  buildHandler(body: readonly Statement[]): readonly Instruction[] {
    const line = this.asm.mmioRead(memoryMap.gicCpu.base + gicCpuRegs.acknowledge)
    const spurious = this.asm.label('spurious')
    this.asm.branch(eq(line, gicSpurious), spurious)
    this.write(body)
    this.asm.mmioWrite(memoryMap.gicCpu.base + gicCpuRegs.endOfInterrupt, line)
    this.asm.place(spurious)
    this.asm.set(line, 0)
    this.asm.return()
    return this.asm.build().instructions
  }

  // --- what control flow is written with ---

  label(hint: string): string {
    return this.asm.label(hint)
  }
  place(label: string): void {
    this.asm.place(label)
  }
  branch(...args: Parameters<Assembler['branch']>): void {
    this.asm.branch(...args)
  }
  goto(label: string): void {
    this.asm.goto(label)
  }
  set(to: string, value: Operand): void {
    this.asm.set(to, value)
  }
  temp(): string {
    return this.asm.temp()
  }
  fail(message: string): void {
    this.asm.assert(['eq', 0, 1], message)
  }

  readonly write = (body: readonly Statement[]): void => {
    for (const statement of body) this.keeper.within(statement, () => this.asm.scope(() => this.one(statement)))
  }

  /** Of the program as it was built. */
  trails(): Trails {
    return this.keeper.trails()
  }

  private one(statement: Statement): void {
    if (isControl(statement)) {
      writeControl(this, statement, this.write)
      return
    }
    const { asm, ground, expressions } = this
    switch (statement.do) {
      case 'store':
        storeTo(this, statement)
        return
      case 'load':
        if (statement.exclusive) loadExclusive(this, statement)
        else loadFrom(this, statement.location, statement.to, statement.type)
        return
      case 'atomic':
        writeAtomic(this, statement)
        return
      case 'maintain':
        maintain(this, statement)
        return
      case 'mmio-write':
        asm.mmioWrite(this.registerAddr(statement), expressions.value(statement.value))
        return
      case 'mmio-read':
        asm.mmioRead(this.registerAddr(statement), statement.to)
        return
      case 'bell':
        for (const buffer of ground.buffers.rungFor(statement)) markBuffer(asm, 'buffer.queued', buffer)
        asm.mmioWrite(
          this.registerAddr({ target: statement.device, register: bellRegister, ...at(statement) }),
          expressions.value(statement.value),
        )
        return
      case 'poll':
        this.poll(statement)
        return
      case 'hand-over':
        handOver(asm, ground, statement)
        return
      case 'mark':
        markBuffer(
          asm,
          statement.mark === 'done' ? 'buffer.done' : 'buffer.queued',
          ground.buffers.named(ground, statement.buffer),
        )
        return
      case 'page':
        this.assignPage(statement)
        return
      case 'iova':
        this.assignIova(statement)
        return
      case 'lock':
        this.lock(osNumber(ground.os, 'locks', statement.lock))
        return
      case 'unlock':
        asm.dmb()
        asm.perform('lock.release', [osNumber(ground.os, 'locks', statement.lock)])
        return
      case 'call':
        this.calls.write(statement)
        return
      case 'tlbi':
      case 'tlbsync':
      case 'atc':
      case 'mmu':
      case 'root':
      case 'supply':
        writeUnitStatement(this, statement)
        return
      case 'wait-irq':
        asm.waitForInterrupt()
        return
      case 'irqs-on':
        asm.enableInterrupts()
        return
      case 'irqs-off':
        asm.disableInterrupts()
        return
      // From here on a fault is no violation.
      case 'faults':
        asm.mark('expect-fault')
        return
      case 'clrex':
        asm.emit({ op: 'clear-exclusive' })
        return
      case 'nop':
        return
      case 'dmb':
      case 'dsb':
      case 'isb':
      case 'wmb':
      case 'rmb':
      case 'mb':
      case 'drain':
        barrier(this, statement.do)
        return
      default:
        throw new UsageError(`${placed(statement.at)}a core cannot do "${statement.do}"`)
    }
  }

  /** A thread asks again and again, so that the one which has the lock can have its turn meanwhile. */
  private lock(lock: number): void {
    const { asm, kind } = this
    if (kind === 'thread') {
      const again = asm.label('lock')
      asm.place(again)
      const [taken] = asm.call('lock.try', [lock])
      asm.branch(eq(taken, 0), again)
      asm.set(taken, 0)
    } else asm.perform('lock.acquire', [lock])
    asm.dmb()
  }

  /** Physical address of a register of a device or unit. */
  registerAddr(named: { readonly target: string; readonly register: string; readonly at?: Statement['at'] }): number {
    const { registers, windows } = this.ground
    const known = registers.get(named.target)
    if (known === undefined) throw unknownName('device or unit', named.target, [...registers.keys()])
    const offset = Object.hasOwn(known, named.register) ? known[named.register] : undefined
    if (offset === undefined) throw unknownName(`register of ${named.target}`, named.register, Object.keys(known))
    return (windows.get(named.target) as number) + offset
  }

  private poll(statement: Extract<Statement, { do: 'poll' }>): void {
    const { asm, expressions } = this
    const found = asm.temp()
    const look = (): void => {
      const { what } = statement
      if (what.poll === 'register') asm.mmioRead(this.registerAddr({ ...what, ...at(statement) }), found)
      else loadFrom(this, what.location, found, what.type)
    }
    bounded(
      this,
      expressions,
      statement.times,
      (again, end) => {
        look()
        expressions.with('value', found, () => expressions.branchIf(statement.until, end))
        again()
      },
      () => this.write(statement.otherwise ?? []),
    )
    asm.set(found, 0)
  }

  private assignPage(statement: Extract<Statement, { do: 'page' }>): void {
    const { asm, ground } = this
    const known = knownNamed(ground, statement.page, { place: 'named', name: statement.page, ...at(statement) })
    if (known.kind !== 'words' && known.kind !== 'table') {
      throw new UsageError(`${placed(statement.at)}${statement.page} is no page of memory`)
    }
    const owner = statement.action === 'free' ? 'free' : statement.owner
    const number = (pageOwners as readonly string[]).indexOf(owner)
    if (number < 0) throw unknownName('owner', owner, pageOwners)
    const bytes = known.words * 4 * (known.kind === 'words' ? known.elements : 1)
    asm.perform('page.assign', [known.addr, bytes, number])
  }

  /** Given back, the addresses count as unmapped. */
  private assignIova(statement: Extract<Statement, { do: 'iova' }>): void {
    const { asm, ground } = this
    const { pageBytes } = ground.layout.geometry
    const known = knownNamed(ground, statement.page, { place: 'named', name: statement.page, ...at(statement) })
    if (known.kind !== 'io') throw new UsageError(`${placed(statement.at)}${statement.page} is no io page`)
    const taken = statement.action === 'take'
    const tag = statement.tag && knownValue(statement.tag, ground.constants, 'the number of the domain')
    const where = ioSpacesIn(ground.layout.units, statement.unit, tag)
    if (!taken) ground.buffers.markUnmapped(asm, known.addr, where)
    asm.perform('iova.assign', [known.addr, pageBytes, Number(taken), where.space, where.spaces || 1])
  }
}

/** Its place, for what stands in its stead. */
function at({ at: place }: Statement): { readonly at?: NonNullable<Statement['at']> } {
  return place === undefined ? {} : { at: place }
}
