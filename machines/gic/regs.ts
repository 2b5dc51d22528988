/** GIC | register offsets of the distributor and of the banked CPU interface, and the spurious interrupt id. */

/** Byte offsets in the distributor's window; the names with an array index are the first word. */
export const gicDistributorRegs = {
  /** ICDDCR, bit 0: forward pending interrupts to the CPU interfaces. */
  control: 0x000, // HF-220
  /** ICDICTR: number of lines and of cores. */
  type: 0x004, // HF-220
  /** ICDISERn, a bit per line: write 1 to enable. */
  enableSet: 0x100, // HF-220
  /** ICDICERn, a bit per line: write 1 to disable. */
  enableClear: 0x180, // HF-220
  /** ICDISPRn, a bit per line: write 1 to make pending. */
  pendingSet: 0x200, // HF-220
  /** ICDICPRn, a bit per line: write 1 to clear what ICDISPRn set. */
  pendingClear: 0x280, // HF-220
  /** ICDABRn, a bit per line: active. */
  active: 0x300, // HF-220
  /** ICDIPRn, a byte per line: priority, 0 is the highest. */
  priority: 0x400, // HF-220
  /** ICDIPTRn, a byte per line: bit n is core n. */
  targets: 0x800, // HF-220
} as const

/** Byte offsets in the CPU interface's window; every core sees its own registers there. */
export const gicCpuRegs = {
  /** ICCICR, bit 0: signal interrupts to the core. */
  control: 0x00, // HF-221
  /** ICCPMR: only priorities numerically below this are signalled; 0 after reset masks all. */
  priorityMask: 0x04, // HF-221
  /** ICCBPR: how many low priority bits do not count for preemption. */
  binaryPoint: 0x08, // HF-221
  /** ICCIAR: reading acknowledges the interrupt and returns its id. */
  acknowledge: 0x0c, // HF-221
  /** ICCEOIR: writing the id ends the interrupt. */
  endOfInterrupt: 0x10, // HF-221
  /** ICCRPR: priority of the interrupt being handled. */
  runningPriority: 0x14, // HF-221
  /** ICCHPIR: id of the highest priority pending interrupt, without acknowledging. */
  highestPending: 0x18, // HF-221
} as const

/** What ICCIAR returns when there is nothing to acknowledge. */
export const gicSpurious = 1023 // HF-222

/** Priority with no interrupt active. */
export const gicIdlePriority = 0xff // HF-223

/** Word offset and shift of `line` in a register with `bits` bits per line. */
export function gicField(line: number, bits: 1 | 8): { readonly offset: number; readonly shift: number } {
  const perWord = 32 / bits
  return {
    offset: Math.floor(line / perWord) * 4,
    shift: (line % perWord) * bits,
  }
}
