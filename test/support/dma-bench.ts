/** Tests | a DMA API on the program runner, and a SYSMMU that blocks at once. */

import { board, type Geometry } from '../../machines/geometry.ts'
import type { OsExtras } from '../../machines/os/types.ts'
import { sysmmuCtrl, sysmmuRegs } from '../../machines/sysmmu/regs.ts'
import { leafAddr, level1Addr, level1Kind, level2Addr, level2Kind } from '../../machines/sysmmu/walk.ts'
import { DmaApi } from '../../src/dma/api.ts'
import { Assembler, type ProgramContext } from '../../src/dma/assembler.ts'
import { dmaPlatform, type MmuOptions, type SharingDevice } from '../../src/dma/platform.ts'
import { ProgramRunner } from '../../src/dma/program-runner.ts'
import type { BackendName, DmaDevice, DmaPlatform, Edition } from '../../src/dma/types.ts'

export class DmaBench {
  readonly platform: DmaPlatform
  readonly runner: ProgramRunner
  readonly geometry: Geometry
  private programs = 0

  constructor(options: {
    backend: BackendName
    geometry?: Geometry
    edition?: Edition
    os?: OsExtras
    segments?: Pick<DmaDevice, 'maxSegmentBytes' | 'segmentBoundary'>
    mmu?: MmuOptions
    sharing?: readonly SharingDevice[]
  }) {
    const { backend, geometry = board, edition, os = {}, segments = {}, mmu = {}, sharing = [] } = options
    this.geometry = geometry
    this.platform = dmaPlatform(geometry, { backend, os, segments, mmu, sharing, ...(edition ? { edition } : {}) })
    this.runner = new ProgramRunner(this.platform.os)
    this.runner.onRead = (addr) => {
      const { registers } = this.runner
      const ctrl = addr - sysmmuRegs.status + sysmmuRegs.ctrl
      const isStatus = registers.has(ctrl) && !registers.has(addr)
      return isStatus && registers.get(ctrl) === sysmmuCtrl.block ? 1 : (registers.get(addr) ?? 0)
    }
  }

  get mmuBase(): number {
    return this.platform.devices[0]?.mmu?.base ?? 0
  }

  /** Writes a program of its own and runs it; registers of earlier ones stay valid. */
  run<T>(write: (dma: DmaApi, asm: Assembler) => T, context: ProgramContext = 'undisturbed', device = 'fimc0'): T {
    const asm = new Assembler({ prefix: `p${this.programs++}`, os: this.platform.os, context })
    const result = write(new DmaApi(asm, this.platform, device), asm)
    const { instructions, steps } = asm.build()
    this.runner.run(instructions, steps)
    return result
  }

  /** What `write` did, as rows of text, marks left out. */
  rowsOf(write: (dma: DmaApi, asm: Assembler) => void, context: ProgramContext = 'undisturbed'): string[] {
    const before = this.runner.rows.length
    this.run(write, context)
    return this.runner.rows.slice(before).map((row) => row.text)
  }

  /** What the os reported as wrong use so far. */
  get misuses(): string[] {
    return this.runner.events.flatMap((event) => (event.type === 'os.misuse' ? [event.why] : []))
  }

  /** Physical address behind `iova` by walking the tables in memory, as the hardware would; undefined: a fault. */
  walk(iova: number): number | undefined {
    const tableAddr = this.platform.os.mappings[0]?.tableAddr ?? 0
    const level1 = this.runner.memory(level1Addr(this.geometry, tableAddr, iova))
    if (level1Kind(level1) === 'section') return leafAddr(this.geometry, 1, level1, iova)
    if (level1Kind(level1) !== 'table') return undefined
    const level2 = this.runner.memory(level2Addr(this.geometry, level1, iova))
    return level2Kind(level2) === 'fault' ? undefined : leafAddr(this.geometry, 2, level2, iova)
  }
}
