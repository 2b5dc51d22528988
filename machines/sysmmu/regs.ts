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
  /** Prefetch windows of version 3: first and last byte. */
  prefetchStart0: 0x4c, // HF-414
  prefetchEnd0: 0x50, // HF-414
  prefetchStart1: 0x54, // HF-414
  prefetchEnd1: 0x58, // HF-414
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
  /** Access protection bits of descriptors count. */
  accessProtection: 1 << 2, // HF-415
  /** Version 3: prefetch through the two windows. */
  prefetch: ((1 << 12) | (2 << 28)) >>> 0, // HF-416
  /** Version 3.2 and later: keep first-level descriptors. */
  flpdCache: 1 << 20, // HF-417
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
  arAccess: 1 << 5, // HF-418
  awAccess: 1 << 7, // HF-418
} as const

/** Bit 0 of FLUSH and FLUSH_ENTRY must be written as one; the other bits of FLUSH_ENTRY are the page's IO address. */
export const sysmmuFlushNow = 1 // HF-206

/** The versions of this register map that are modelled. */
export const sysmmuVersions = ['1.0', '2.0', '3.1', '3.2', '3.3'] as const
export type SysmmuVersion = (typeof sysmmuVersions)[number]

/** What VERSION reads: major and minor number in bits 31:21, but for the first SYSMMUs, as on Exynos4210. */
export function versionWord(version: SysmmuVersion): number {
  if (version === '1.0') return 0x80000001 // HF-207
  const { major, minor } = versionParts(version)
  return ((major << 28) | (minor << 21)) >>> 0 // HF-419
}

/** Major and minor number. */
export function versionParts(version: SysmmuVersion): { readonly major: number; readonly minor: number } {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return { major, minor }
}
