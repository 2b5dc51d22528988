/** Machines | the two geometries of the same charts, and the memory map. Charts take sizes from here and never ask which it is. */

/** All sizes in bytes unless the name says otherwise; sizes of lines, pages and tables are powers of two. */
export interface Geometry {
  readonly name: 'litmus' | 'board'
  readonly lineBytes: number
  readonly pageBytes: number
  /** Entries of a level-1 and a level-2 SYSMMU table; a word each. */
  readonly level1Entries: number
  readonly level2Entries: number
  readonly l1: { readonly sets: number; readonly ways: number }
  readonly l2: { readonly sets: number; readonly ways: number }
  readonly storeBufferEntries: number
  readonly l2StoreBufferEntries: number
  readonly tlbEntries: number
  /** First-level descriptors that a SYSMMU of version 3.2 or later keeps. */
  readonly flpdEntries: number
  /** Access protection bits of a section and of a page descriptor, where CFG enables them. */
  readonly protection: { readonly section: ProtectionBits; readonly page: ProtectionBits }
  /** Polls of STATUS before a block is given up. */
  readonly blockPolls: number
  /** Entries of the flush queue of a backend that invalidates lazily; one of them stays empty. */
  readonly flushQueueEntries: number
  /** Faults in a row at one IO address before a handler that retries gives up. */
  readonly faultRetries: number
  /** FIMC output slots in use. */
  readonly outputSlots: number
  /** Longest burst of the FIMC. */
  readonly burstBytes: number
  /** Frames are numbered modulo this. */
  readonly frameIds: number
  readonly dram: { readonly base: number; readonly bytes: number }
  /** Kernel virtual address of the first DRAM byte: the linear mapping. */
  readonly linearBase: number
  /** Kernel virtual window for remapped allocations (vmalloc). */
  readonly vmalloc: { readonly base: number; readonly bytes: number }
  /** User virtual window for mmap. */
  readonly user: { readonly base: number; readonly bytes: number }
  /** IO address window of the mapping. */
  readonly iova: { readonly base: number; readonly bytes: number }
  /** Granule of the pool that IO addresses came from before there was a bitmap. */
  readonly poolGranuleBytes: number
  /** First DRAM bytes kept for page tables and kernel data; the page allocator hands out what follows. */
  readonly reservedBytes: number
}

/** Bits of a leaf descriptor: whether the device may access at all, and whether it may only read. */
export interface ProtectionBits {
  readonly accessible: number
  readonly readOnly: number
}

/** Bytes [base, base + bytes) of physical memory. */
export interface MemoryRange {
  readonly base: number
  readonly bytes: number
}

/** Peripheral windows, the same in both geometries. */
export const memoryMap = {
  // HF-001
  gicCpu: { base: 0x10480000, bytes: 0x1000 },
  // HF-001
  gicDistributor: { base: 0x10490000, bytes: 0x1000 },
  // HF-002
  pl310: { base: 0x10502000, bytes: 0x1000 },
  // HF-003
  fimc0: { base: 0x11800000, bytes: 0x1000 },
  // HF-003
  fimc1: { base: 0x11810000, bytes: 0x1000 },
  // HF-424
  clocks: { base: 0x1003c000, bytes: 0x1000 },
  // HF-425
  powerUnit: { base: 0x10023000, bytes: 0x1000 },
  // HF-004
  sysmmuFimc0: { base: 0x11a20000, bytes: 0x1000 },
  // HF-541
  sysmmuFimc1: { base: 0x11a30000, bytes: 0x1000 },
  // HF-005
  sensor: { base: 0x13860000, bytes: 0x1000 },
} as const satisfies Record<string, { base: number; bytes: number }>

/** Interrupt lines as the GIC numbers them. */
export const interruptLines = {
  // HF-006
  fimc0: 84,
  // HF-007
  sysmmuFimc0: 130,
} as const

/** Those of the second FIMC and its SYSMMU, where a platform has them. */
export const secondEngineLines = {
  // HF-542
  fimc1: 85,
  // HF-542
  sysmmuFimc1: 131,
} as const

/** Exynos4210 with the main memory cut to what a run needs. */
export const board: Geometry = {
  name: 'board',
  lineBytes: 32, // HF-010
  pageBytes: 4096, // HF-011
  level1Entries: 4096, // HF-012
  level2Entries: 256, // HF-012
  l1: { sets: 256, ways: 4 }, // HF-013
  l2: { sets: 2048, ways: 16 }, // HF-014
  storeBufferEntries: 4, // HF-015
  l2StoreBufferEntries: 3, // HF-016
  tlbEntries: 16, // HF-017
  flpdEntries: 8, // HF-410
  protection: {
    section: { accessible: 1 << 10, readOnly: 1 << 15 }, // HF-411
    page: { accessible: 1 << 4, readOnly: 1 << 9 }, // HF-411
  },
  blockPolls: 120, // HF-018
  flushQueueEntries: 256, // HF-412
  faultRetries: 8, // HF-413
  outputSlots: 4, // HF-019
  burstBytes: 128, // HF-020
  frameIds: 64, // HF-021
  dram: { base: 0x40000000, bytes: 64 << 20 }, // HF-022
  linearBase: 0xc0000000, // HF-023
  vmalloc: { base: 0xf0000000, bytes: 0x08000000 }, // HF-023
  user: { base: 0xb6000000, bytes: 0x08000000 }, // HF-023
  iova: { base: 0x20000000, bytes: 0x10000000 }, // HF-024
  poolGranuleBytes: 1 << 16, // HF-390
  reservedBytes: 1 << 20, // HF-025
}

/** The same charts, small enough to try every interleaving: a line of two words, a page of two lines. */
export const litmus: Geometry = {
  name: 'litmus',
  lineBytes: 8,
  pageBytes: 16,
  level1Entries: 2,
  level2Entries: 4,
  l1: { sets: 2, ways: 2 },
  l2: { sets: 2, ways: 2 },
  storeBufferEntries: 2,
  l2StoreBufferEntries: 2,
  tlbEntries: 2,
  flpdEntries: 2,
  protection: { section: { accessible: 1 << 2, readOnly: 1 << 3 }, page: { accessible: 1 << 2, readOnly: 1 << 3 } },
  blockPolls: 2,
  flushQueueEntries: 3,
  faultRetries: 2,
  outputSlots: 2,
  burstBytes: 8,
  frameIds: 4,
  dram: { base: 0x40000000, bytes: 0x200 },
  linearBase: 0xc0000000,
  vmalloc: { base: 0xf0000000, bytes: 0x100 },
  user: { base: 0xb6000000, bytes: 0x100 },
  iova: { base: 0x20000000, bytes: 0x80 },
  poolGranuleBytes: 32,
  reservedBytes: 0x40,
}

export const geometries = { litmus, board } satisfies Record<string, Geometry>
