/** SYSMMU | register offsets, the values drivers write to CTRL and CFG, and the fault bits. */

/** Byte offsets in the register window. */
export const sysmmuRegs = {
  ctrl: 0x00, // HF-200
  cfg: 0x04, // HF-200
  status: 0x08, // HF-200
  flush: 0x0c, // HF-200
  flushEntry: 0x10, // HF-200
  ptBase: 0x14, // HF-200
  intStatus: 0x18, // HF-200
  intClear: 0x1c, // HF-200
  pageFaultAddr: 0x24, // HF-200
  /** Write-channel fault address. */
  awFaultAddr: 0x28, // HF-200
  /** Read-channel fault address. */
  arFaultAddr: 0x2c, // HF-200
  defaultSlaveAddr: 0x30, // HF-200
  version: 0x34, // HF-200
} as const

/** Values that drivers write to CTRL. */
export const sysmmuCtrl = {
  disable: 0x0, // HF-201
  enable: 0x5, // HF-201
  block: 0x7, // HF-201
} as const

/** Bits of CTRL. */
export const sysmmuCtrlBits = {
  enable: 1 << 0, // HF-202
  block: 1 << 1, // HF-202
  interrupt: 1 << 2, // HF-202
} as const

/** Bits of CFG. */
export const sysmmuCfg = {
  /** Replace the least recently used entry; clear: round robin. */
  lru: 1 << 0, // HF-203
} as const

/** Bits of STATUS. */
export const sysmmuStatus = {
  blocked: 1 << 0, // HF-204
} as const

/** Bits of INT_STATUS and INT_CLEAR. */
export const sysmmuFaults = {
  page: 1 << 0, // HF-205
  arMultiHit: 1 << 1, // HF-205
  awMultiHit: 1 << 2, // HF-205
  bus: 1 << 3, // HF-205
} as const

/** Bit 0 of FLUSH and FLUSH_ENTRY must be written as one; the other bits of FLUSH_ENTRY are the page's IO address. */
export const sysmmuFlushNow = 1 // HF-206

/** What VERSION reads: version 1.0, as on Exynos4210. */
export const sysmmuVersion = 0x80000001 // HF-207
