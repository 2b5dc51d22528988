/** Test | an IOMMU with a table memory behind it: reads are answered when the test says so. */

import { defaultIommuConfig, defineIommu } from '../../../../machines/iommu/machine.ts'
import { commandWrite, type IommuCommand, statusAddr } from '../../../../machines/iommu/regs.ts'
import type { IommuConfig } from '../../../../machines/iommu/types.ts'
import { level1Addr, level2Addr, tableDescriptor } from '../../../../machines/sysmmu/walk.ts'
import type { Decision } from '../../../../src/kernel/actor.ts'
import { type Loose, MachineDriver } from '../drive-machine.ts'

/** What became of a request. */
export type Fate = { readonly addr: number; readonly via: string } | 'stalled' | 'waits' | 'none' | string

export class IommuRig extends MachineDriver {
  readonly config: IommuConfig
  /** Words by physical address; absent ones are zero. */
  readonly memory = new Map<number, number>()
  /** Reads of walkers not answered yet, oldest first. */
  readonly walks: Loose[] = []
  /** Accesses that are on the bus without an answer, oldest first. */
  readonly bus: Loose[] = []

  constructor(options: Partial<IommuConfig> = {}) {
    const config = { ...defaultIommuConfig, ...options }
    super(defineIommu(config))
    this.config = config
  }

  override give(message: Loose): Decision {
    const decision = super.give(message)
    this.walks.push(...this.to('walk'))
    this.bus.push(...this.to('bus'))
    return decision
  }

  /** Links a second-level table at `table` for `iova`, below the level-1 table at `root`. */
  link(iova: number, table: number, root = this.config.roots[0] as number): void {
    this.memory.set(level1Addr(this.config.geometry, root, iova), tableDescriptor(table))
  }

  /** Stores a first-level descriptor. */
  setLevel1(iova: number, descriptor: number, root = this.config.roots[0] as number): void {
    this.memory.set(level1Addr(this.config.geometry, root, iova), descriptor)
  }

  /** Stores a second-level descriptor in the table at `table`. */
  setLevel2(iova: number, descriptor: number, table: number): void {
    this.memory.set(level2Addr(this.config.geometry, tableDescriptor(table), iova), descriptor)
  }

  command(command: IommuCommand): Decision {
    const { addr, value } = commandWrite(this.config.base, command)
    return this.give({ type: 'reg.write.req', from: 'cpu0', txn: 0, addr, value })
  }

  /** Whether the last step answered a register write. */
  get isAnswered(): boolean {
    return this.to('regs').some(({ type }) => type === 'reg.write.resp')
  }

  get status(): number {
    return this.register(statusAddr(this.config.base))
  }

  register(addr: number): number {
    this.give({ type: 'reg.read.req', from: 'cpu0', txn: 1, addr })
    return this.to('regs')[0]?.value as number
  }

  /** A device reads one word, or writes `data`. */
  access(iova: number, { from = 'd0', txn = 0, data }: { from?: string; txn?: number; data?: number[] } = {}): Fate {
    const common = { from, txn, addr: iova, memory: 'non-cacheable' }
    const decision = this.give(
      data ? { type: 'write.req', ...common, data } : { type: 'read.req', ...common, words: 1 },
    )
    return decision === 'stall' ? 'stalled' : this.fate()
  }

  /** Somebody asks where an address leads. */
  ask(addr: number, { from = 'd0', write = false }: { from?: string; write?: boolean } = {}): Fate {
    const decision = this.give({ type: 'translate.req', from, txn: 0, addr, write })
    return decision === 'stall' ? 'stalled' : this.fate()
  }

  /** Reads the fate of the request that the last step decided. */
  fate(): Fate {
    const use = this.events('translation.use')[0]
    if (use) return { addr: use.addr as number, via: use.via as string }
    const fault = this.events('sysmmu.fault')[0]
    if (fault) return fault.kind as string
    const answer = this.sent.find(({ message }) => message.type === 'translate.resp')?.message
    if (answer) return answer.ok ? { addr: answer.pa as number, via: 'answer' } : 'none'
    return 'waits'
  }

  /** Memory reads the words of the oldest walk: what they become later does not matter to it. */
  sampleWalk(): void {
    const request = this.walks[0]
    if (request !== undefined) request.sampled ??= this.words(request)
  }

  private words({ addr, words }: Loose): number[] {
    return Array.from({ length: words as number }, (_, at) => (this.memory.get((addr as number) + at * 4) ?? 0) | 0)
  }

  /** Answers the oldest walk read, with the words as they are now unless they were sampled before. */
  answerWalk(ok = true): Fate {
    this.sampleWalk()
    const { from, txn, addr, sampled } = this.walks.shift() as Loose
    this.give({ type: 'read.resp', from, txn, addr, data: ok ? sampled : [], ok })
    return this.fate()
  }

  /** Answers every walk read; the fate of the last. */
  answerWalks(): Fate {
    let fate: Fate = 'waits'
    while (this.walks.length > 0) fate = this.answerWalk()
    return fate
  }

  /** Accesses, and answers every walk read at once. */
  translate(iova: number, options: Parameters<IommuRig['access']>[1] = {}): Fate {
    const fate = this.access(iova, options)
    return fate === 'waits' ? this.answerWalks() : fate
  }

  /** Memory answers the oldest access on the bus. */
  land(): void {
    const { type, from, txn, addr } = this.bus.shift() as Loose
    if (type === 'write.req') this.give({ type: 'write.resp', from, txn, addr, ok: true })
    else this.give({ type: 'read.resp', from, txn, addr, data: [0], ok: true })
  }

  /** Memory answers all of them. */
  landAll(): void {
    while (this.bus.length > 0) this.land()
  }
}
