/** Test | a SYSMMU with a table memory behind it: walks are answered when the test says so. */

import type { Geometry } from '../../../../machines/geometry.ts'
import { defaultSysmmuConfig, defineSysmmu } from '../../../../machines/sysmmu/machine.ts'
import { type SysmmuVersion, sysmmuCtrl, sysmmuRegs } from '../../../../machines/sysmmu/regs.ts'
import type { SysmmuConfig } from '../../../../machines/sysmmu/types.ts'
import { level1Addr, level2Addr, tableDescriptor } from '../../../../machines/sysmmu/walk.ts'
import type { Decision } from '../../../../src/kernel/actor.ts'
import { type Loose, MachineDriver } from '../drive-machine.ts'

/** What became of an access. */
export type Fate = { readonly addr: number; readonly via: string } | 'stalled' | 'walking' | 'fault' | 'refused'

export class SysmmuRig extends MachineDriver {
  readonly geometry: Geometry
  /** Descriptors by physical address; absent ones are zero. */
  readonly memory = new Map<number, number>()
  /** Level-1 table. */
  readonly root: number
  /** Walk reads not answered yet; at most one. */
  readonly walks: Loose[] = []
  interrupt = false

  /** @param variant a version or features other than those of the first SYSMMU */
  constructor(
    geometry: Geometry,
    variant: { readonly version?: SysmmuVersion; readonly features?: Partial<SysmmuConfig['features']> } = {},
  ) {
    const features = { ...defaultSysmmuConfig.features, tlbPrefetch: true, tlbEviction: true, ...variant.features }
    const version = variant.version ?? defaultSysmmuConfig.version
    super(defineSysmmu({ ...defaultSysmmuConfig, geometry, version, features }))
    this.geometry = geometry
    this.root = geometry.dram.base
  }

  override give(message: Loose): Decision {
    const decision = super.give(message)
    this.walks.push(...this.to('walk'))
    for (const { type } of this.to('irq')) this.interrupt = type === 'irq.raise'
    return decision
  }

  /** Writes a register. */
  write(offset: number, value: number): Decision {
    return this.give({ type: 'reg.write.req', from: 'cpu0', txn: 0, addr: defaultSysmmuConfig.base + offset, value })
  }

  /** Reads a register. */
  read(offset: number): number {
    this.give({ type: 'reg.read.req', from: 'cpu0', txn: 0, addr: defaultSysmmuConfig.base + offset })
    return this.to('regs')[0]?.value as number
  }

  /** As a driver does it: table, an empty TLB, translation and the interrupt on. */
  enable(cfg = 1): void {
    this.write(sysmmuRegs.cfg, cfg)
    this.write(sysmmuRegs.ptBase, this.root)
    this.write(sysmmuRegs.flush, 1)
    this.write(sysmmuRegs.ctrl, sysmmuCtrl.enable)
  }

  /** The level-2 table for the section of `iova`; the n-th section has the n-th table. */
  table(iova: number): number {
    const section = Math.floor(
      (iova - this.geometry.iova.base) / (this.geometry.pageBytes * this.geometry.level2Entries),
    )
    return (
      this.root + 0x10000 * (this.geometry.name === 'board' ? 1 : 0) + 0x20 + section * 4 * this.geometry.level2Entries
    )
  }

  /** Stores a level-1 descriptor. */
  setLevel1(iova: number, descriptor: number): void {
    this.memory.set(level1Addr(this.geometry, this.root, iova), descriptor)
  }

  /** Stores a level-2 descriptor, linking its table first. */
  setLevel2(iova: number, descriptor: number): void {
    const link = tableDescriptor(this.tableAligned(iova))
    this.setLevel1(iova, link)
    this.memory.set(level2Addr(this.geometry, link, iova), descriptor)
  }

  private tableAligned(iova: number): number {
    const bytes = 4 * this.geometry.level2Entries
    return Math.ceil(this.table(iova) / bytes) * bytes
  }

  /** A device read of one word, or a write if `data` is given. */
  access(iova: number, data?: readonly number[], words = 1): Fate {
    const common = { from: 'fimc0', txn: 1, addr: iova, memory: 'non-cacheable' }
    const decision = this.give(data ? { type: 'write.req', ...common, data } : { type: 'read.req', ...common, words })
    return decision === 'stall' ? 'stalled' : this.fate()
  }

  /** Reads the fate of the access that the last step decided. */
  fate(): Fate {
    const use = this.events('translation.use')[0]
    if (use) return { addr: use.addr as number, via: use.via as string }
    if (this.to('device').length > 0) return 'refused'
    return this.events('sysmmu.fault').length > 0 ? 'fault' : 'walking'
  }

  /** Memory reads the word for the walk that waits: what the table says later does not matter to it. */
  sampleWalk(): void {
    const request = this.walks[0]
    if (request !== undefined) request.sampled ??= (this.memory.get(request.addr as number) ?? 0) | 0
  }

  /** Answers the walk read that waits, with the word as it is now unless it was sampled before. */
  answerWalk(ok = true): Fate {
    this.sampleWalk()
    const { from, txn, addr, sampled } = this.walks.shift() as Loose
    this.give({ type: 'read.resp', from, txn, addr, data: ok ? [sampled] : [], ok })
    return this.fate()
  }

  /** Accesses and answers every walk read at once. */
  translate(iova: number, data?: readonly number[]): Fate {
    let fate = this.access(iova, data)
    while (this.walks.length > 0) fate = this.answerWalk()
    return fate
  }

  get blocked(): boolean {
    return this.read(sysmmuRegs.status) === 1
  }

  /** Invalidates one page the way drivers do; false if the SYSMMU did not block at once. */
  invalidate(iova: number): boolean {
    this.write(sysmmuRegs.ctrl, sysmmuCtrl.block)
    const done = this.blocked
    if (done) this.write(sysmmuRegs.flushEntry, (iova | 1) >>> 0)
    this.write(sysmmuRegs.ctrl, sysmmuCtrl.enable)
    return done
  }
}
