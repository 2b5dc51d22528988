/** DMA | the defects of edition rfc-2011 and the gaps of edition linux-3.6, by number: what happens there, and what is done instead. */

/** One of them. `closed` says what edition dmarace does. */
export interface Gap {
  readonly is: string
  readonly closed: string
}

// R: read in the code of the two patches of 25 May 2011. L: read in torvalds/linux v3.6 arch/arm/mm/dma-mapping.c, cache-v7.S,
// cache-l2x0.c and drivers/iommu/exynos-iommu.c.
export const gaps = {
  R1: {
    is: "an allocation that finds no pages returns with the mapping's mutex held",
    closed: 'no lock is held across a call that can fail',
  },
  R2: {
    is: 'without IO addresses the handle is 0, which no driver takes for an error, and the pages leak',
    closed: 'the error value is returned, and everything is given back',
  },
  R3: {
    is: 'without room for the mapping of the kernel, pages, IO addresses and entries leak',
    closed: 'everything is given back, in reverse',
  },
  R4: {
    is: 'an `iommu_map` that fails half-way leaks the IO addresses and leaves the entries written so far',
    closed: 'tables are made before the first entry is written',
  },
  R5: {
    is: 'unwinding never frees the first page, and runs below the array when there is none',
    closed: 'exactly the pages that were taken are given back',
  },
  R6: {
    is: 'IO addresses are given back before their entries are cleared; a mutex hides it, unless the TLB hears of it late',
    closed: 'IO addresses come after the entries and the TLB, and the last register write is read back',
  },
  R7: {
    is: 'pool and domain are made at the first allocation, before the mutex is taken: twice, where two come first; and who must not sleep cannot take a mutex',
    closed: 'they are made when the device is attached; atomic allocations come from a pool',
  },
  R8: {
    is: "the IOMMU's table has no map methods, which are called, and no unmap and sync methods, which are silently skipped",
    closed: 'every table has every method',
  },
  R9: {
    is: 'mmap of memory that is not known says success and maps nothing; free of it is silent',
    closed: 'mmap returns -ENXIO, free is reported',
  },
  R10: {
    is: 'the sync methods call the public wrappers, which call the methods',
    closed: 'one path from the wrapper to the method',
  },
  R11: {
    is: 'wrapper and method both tell dma-debug, which then holds two entries for one mapping',
    closed: 'one call, one entry',
  },
  R12: {
    is: 'dma-debug is told the range of a sync without its offset',
    closed: 'the range that is synced is the range that is checked',
  },
  R13: {
    is: 'the cacheable linear mapping stays while the buffer is mapped non-cacheable',
    closed: 'it is removed after the write-back and restored when the pages are freed',
  },
  R14: {
    is: 'nobody compares the granule of the pool with the window: a window below a granule has no addresses at all',
    closed: 'bitmaps with exact bounds, a bit for each page',
  },
  R15: {
    is: 'the pages are freed last, which helps nothing while cleared entries stay in the caches and walks find the old ones',
    closed: 'cleared entries are published before the TLB is invalidated',
  },
  L1: { is: 'cleared entries are not published', closed: 'published before the TLB is invalidated' },
  L2: {
    is: 'one TLB entry is invalidated whatever the size of the mapping, and version 2 keeps one for each page of a large page',
    closed: 'each page is invalidated, in one block',
  },
  L3: {
    is: 'a mapping that links a new level-2 table leaves the SYSMMU alone, which on version 3.3 keeps invalid level-1 entries',
    closed: 'on version 3 the entry that has become valid is invalidated',
  },
  L4: {
    is: 'when the SYSMMU is not blocked after 120 polls, the invalidation is skipped silently',
    closed: 'the block is asked for until it holds',
  },
  L5: { is: 'a mapping at IO address 0 is never unmapped', closed: '0 is an address like any other' },
  L6: {
    is: "the IOMMU's table has no `set_dma_mask`, and nobody looks before the jump",
    closed: 'it has',
  },
  L7: {
    is: 'the fault handler lets the access go in any case: while the mapping is missing, it faults again at once, for ever',
    closed: 'what is not repaired stays blocked, and so does what faults again and again at one address',
  },
  L8: {
    is: 'a level-1 entry is stored before the zeroes of its level-2 table are in memory; once its line is evicted, walks find what that memory held',
    closed: 'the table is published before the entry is stored',
  },
  L9: {
    is: 'the register writes of an invalidation are posted, and nobody waits until the SYSMMU has them',
    closed: 'they are read back',
  },
  L10: {
    is: 'a sync behind the IOMMU takes what follows the first page physically for the rest of the buffer',
    closed: 'only ranges inside one mapping of map_page are maintained; coherent memory needs none',
  },
  L11: {
    is: 'map_page and map_sg maintain the caches before they know whether they can map: a failure loses what the CPU stored',
    closed: 'all that can fail comes before',
  },
  L12: {
    is: 'the invalidation loop of the L1 comes back to the first, shared line after it was written back',
    closed: 'a shared line is cleaned and invalidated once',
  },
  L13: {
    is: 'the same loop invalidates a line when there is nothing to invalidate',
    closed: 'an empty range is left alone',
  },
  L14: { is: 'the cacheable linear mapping of IOMMU buffers stays', closed: 'as R13' },
  L15: {
    is: 'mmap through the IOMMU ignores the page offset and the size of the allocation',
    closed: 'both are checked: -ENXIO',
  },
  L16: {
    is: 'dmabounce does not fill a safe buffer that the device is to write, and copies all of it back: what it held before, where the device wrote nothing',
    closed: 'a safe buffer begins as a copy of the original',
  },
  L17: {
    is: 'dmabounce does not look at attributes: it copies under `skip-cpu-sync` too, over what the CPU stored since its sync',
    closed: 'the copies are left to the syncs',
  },
  L18: {
    is: '`set_dma_mask` of dmabounce says success and stores nothing: what the device cannot reach is not bounced',
    closed: 'the mask is stored, and counts from then on',
  },
  L19: {
    is: "IO addresses come from all of the mapping's window, whatever the mask of the device",
    closed: 'only addresses within the mask are taken',
  },
  L20: {
    is: 'an atomic allocation behind the IOMMU has one page pointer for an array: of several pages, all but the first are what lies behind it on the stack',
    closed: 'a block of the pool is mapped as a block',
  },
  L21: {
    is: 'free of atomic memory behind the IOMMU gives the pool an address of the linear mapping, which is none of a pool that is remapped: the block stays taken',
    closed: 'the block goes back by its physical address',
  },
  L22: {
    is: 'an empty level-2 table is freed before the level-1 word of the section that takes its place is even stored: walks still follow the old word',
    closed: 'the table is freed when the new word is published and no walk is under way that has read the old one',
  },
} as const satisfies Readonly<Record<string, Gap>>

export type GapId = keyof typeof gaps
