/** Test | interrupt controller: enabling, level-sensitive lines, acknowledge and end, priorities, two cores. */

import { describe, expect, test } from 'vitest'
import { interruptLines, memoryMap } from '../../../../machines/geometry.ts'
import { defaultGicConfig, defineGic } from '../../../../machines/gic/machine.ts'
import { gicCpuRegs, gicDistributorRegs, gicField, gicSpurious } from '../../../../machines/gic/regs.ts'
import { MachineDriver } from '../drive-machine.ts'

const fimc = interruptLines.fimc0
const mmu = interruptLines.sysmmuFimc0
const inDistributor = (offset: number): number => memoryMap.gicDistributor.base + offset
const inInterface = (offset: number): number => memoryMap.gicCpu.base + offset

class GicDriver extends MachineDriver {
  /** The interrupt signal of each core. */
  readonly signal = [false, false]

  constructor() {
    super(defineGic(defaultGicConfig))
  }

  private follow(): void {
    for (const { port, message } of this.sent) {
      if (port.startsWith('cpu')) this.signal[Number(port.slice(3))] = message.type === 'irq.assert'
    }
  }

  line(number: number, high: boolean): void {
    this.give({ type: high ? 'irq.raise' : 'irq.lower', line: number })
    this.follow()
  }

  write(addr: number, value: number, core = 0): void {
    expect(this.give({ type: 'reg.write.req', from: `cpu${core}`, txn: 0, addr, value })).toBe('react')
    expect(this.to('regs')).toHaveLength(1)
    this.follow()
  }

  read(addr: number, core = 0): number {
    expect(this.give({ type: 'reg.read.req', from: `cpu${core}`, txn: 0, addr })).toBe('react')
    const value = this.to('regs')[0]?.value as number
    this.follow()
    return value
  }

  setField(register: number, line: number, bits: 1 | 8, value: number): void {
    const { offset, shift } = gicField(line, bits)
    const others = bits === 8 ? this.read(inDistributor(register + offset)) & ~(0xff << shift) : 0
    this.write(inDistributor(register + offset), (others | (value << shift)) >>> 0)
  }

  /** Both lines to `targets`, everything enabled, as an operating system leaves it. */
  setUp(targets: number): this {
    for (const line of [fimc, mmu]) {
      this.setField(gicDistributorRegs.targets, line, 8, targets)
      this.setField(gicDistributorRegs.priority, line, 8, 0xa0)
      this.setField(gicDistributorRegs.enableSet, line, 1, 1)
    }
    this.write(inDistributor(gicDistributorRegs.control), 1)
    for (const core of [0, 1]) {
      this.write(inInterface(gicCpuRegs.priorityMask), 0xf0, core)
      this.write(inInterface(gicCpuRegs.control), 1, core)
    }
    return this
  }

  acknowledge(core = 0): number {
    return this.read(inInterface(gicCpuRegs.acknowledge), core)
  }

  end(line: number, core = 0): void {
    this.write(inInterface(gicCpuRegs.endOfInterrupt), line, core)
  }
}

describe('a line', () => {
  test('reaches the core, is acknowledged, lowered at the device and ended', () => {
    const gic = new GicDriver().setUp(1)
    gic.line(fimc, true)
    expect(gic.signal).toEqual([true, false])
    expect(gic.acknowledge()).toBe(fimc)
    expect(gic.signal).toEqual([false, false])
    gic.line(fimc, false)
    gic.end(fimc)
    expect(gic.signal).toEqual([false, false])
    expect(gic.acknowledge()).toBe(gicSpurious)
  })

  test('still high at its end: signalled again', () => {
    const gic = new GicDriver().setUp(1)
    gic.line(fimc, true)
    gic.acknowledge()
    gic.end(fimc)
    expect(gic.signal[0]).toBe(true)
  })

  test('lowered before the acknowledge: the core finds it spurious', () => {
    const gic = new GicDriver().setUp(1)
    gic.line(fimc, true)
    gic.line(fimc, false)
    expect(gic.signal[0]).toBe(false)
    expect(gic.acknowledge()).toBe(gicSpurious)
  })

  test('raised twice is raised once; an unknown line is ignored', () => {
    const gic = new GicDriver().setUp(1)
    gic.line(fimc, true)
    gic.line(fimc, true)
    expect(gic.sent).toEqual([])
    expect(gic.give({ type: 'irq.raise', line: 40 })).toBe('ignore')
  })

  test('pending by register write stays until acknowledged or cleared', () => {
    const gic = new GicDriver().setUp(1)
    gic.setField(gicDistributorRegs.pendingSet, fimc, 1, 1)
    expect(gic.signal[0]).toBe(true)
    gic.setField(gicDistributorRegs.pendingClear, fimc, 1, 1)
    expect(gic.signal[0]).toBe(false)
    gic.setField(gicDistributorRegs.pendingSet, fimc, 1, 1)
    expect(gic.acknowledge()).toBe(fimc)
    gic.end(fimc)
    expect(gic.signal[0]).toBe(false)
  })

  test('ended by the wrong core stays active', () => {
    const gic = new GicDriver().setUp(3)
    gic.line(fimc, true)
    expect(gic.acknowledge(1)).toBe(fimc)
    gic.end(fimc, 0)
    expect(gic.signal).toEqual([false, false])
    gic.end(fimc, 1)
    expect(gic.signal).toEqual([true, true])
  })
})

describe('gates', () => {
  test.each([
    ['the distributor', (gic: GicDriver, on: number) => gic.write(inDistributor(gicDistributorRegs.control), on)],
    ['the CPU interface', (gic: GicDriver, on: number) => gic.write(inInterface(gicCpuRegs.control), on)],
    ['the priority mask', (gic: GicDriver, on: number) => gic.write(inInterface(gicCpuRegs.priorityMask), on * 0xf0)],
    [
      'the line enable',
      (gic: GicDriver, on: number) =>
        gic.setField(on ? gicDistributorRegs.enableSet : gicDistributorRegs.enableClear, fimc, 1, 1),
    ],
    ['the target', (gic: GicDriver, on: number) => gic.setField(gicDistributorRegs.targets, fimc, 8, on)],
  ])('%s holds a pending interrupt back and lets it through', (_name, set) => {
    const gic = new GicDriver().setUp(1)
    set(gic, 0)
    gic.line(fimc, true)
    expect(gic.signal[0]).toBe(false)
    set(gic, 1)
    expect(gic.signal[0]).toBe(true)
    set(gic, 0)
    expect(gic.signal[0]).toBe(false)
    expect(gic.acknowledge()).toBe(gicSpurious)
  })
})

describe('priorities', () => {
  test('the higher first, then the lower number', () => {
    const gic = new GicDriver().setUp(1)
    gic.line(fimc, true)
    gic.line(mmu, true)
    expect(gic.read(inInterface(gicCpuRegs.highestPending))).toBe(fimc)
    gic.setField(gicDistributorRegs.priority, mmu, 8, 0x40)
    expect(gic.read(inInterface(gicCpuRegs.highestPending))).toBe(mmu)
    expect(gic.acknowledge()).toBe(mmu)
    expect(gic.read(inInterface(gicCpuRegs.runningPriority))).toBe(0x40)
    expect(gic.signal[0]).toBe(false)
    gic.end(mmu)
    gic.line(mmu, false)
    expect(gic.acknowledge()).toBe(fimc)
  })

  test('a higher one preempts, unless the binary point puts both into one group', () => {
    const gic = new GicDriver().setUp(1)
    gic.setField(gicDistributorRegs.priority, mmu, 8, 0x80)
    gic.line(fimc, true)
    gic.acknowledge()
    gic.line(mmu, true)
    expect(gic.signal[0]).toBe(true)
    gic.write(inInterface(gicCpuRegs.binaryPoint), 6)
    expect(gic.signal[0]).toBe(false)
  })
})

test('one interrupt, two cores: one gets it, the other finds nothing', () => {
  const gic = new GicDriver().setUp(3)
  gic.line(fimc, true)
  expect(gic.signal).toEqual([true, true])
  expect(gic.acknowledge(1)).toBe(fimc)
  expect(gic.signal).toEqual([false, false])
  expect(gic.acknowledge(0)).toBe(gicSpurious)
})

test('registers read back; strangers see no CPU interface', () => {
  const gic = new GicDriver().setUp(3)
  const { offset, shift } = gicField(mmu, 1)
  expect(gic.read(inDistributor(gicDistributorRegs.type))).toBe(4 | (1 << 5))
  expect(gic.read(inDistributor(gicDistributorRegs.control))).toBe(1)
  expect(gic.read(inInterface(gicCpuRegs.control), 1)).toBe(1)
  expect(gic.read(inDistributor(gicDistributorRegs.enableSet + offset))).toBe((1 << shift) >>> 0)
  expect(gic.read(inDistributor(gicDistributorRegs.targets + gicField(fimc, 8).offset))).toBe(3)
  gic.line(mmu, true)
  expect(gic.read(inDistributor(gicDistributorRegs.pendingSet + offset))).toBe((1 << shift) >>> 0)
  expect(gic.read(inDistributor(gicDistributorRegs.active + offset))).toBe(0)
  gic.acknowledge(1)
  expect(gic.read(inDistributor(gicDistributorRegs.active + offset))).toBe((1 << shift) >>> 0)
  gic.give({ type: 'reg.read.req', from: 'dap', txn: 0, addr: inInterface(gicCpuRegs.acknowledge) })
  expect(gic.to('regs')[0]).toMatchObject({ value: 0 })
})
