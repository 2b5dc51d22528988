/** Oracle | dma-debug's classes of misuse: ours by name, the kernel's words for each, and when it is reported. */

/** One class. `phrase` is what the kernel's log says, so that people recognise it. */
export interface DebugClass {
  readonly phrase: string
  /** What holds as long as the class is silent. */
  readonly always: string
  /** "violated when …". */
  readonly description: string
  /** First kernel that reports it, where that is not v3.6. */
  readonly since?: string
}

// Phrases and conditions: torvalds/linux v3.6 lib/dma-debug.c, and kernel/dma/debug.c for what came later; `alloc-too-big` is
// of v3.6 arch/arm/mm/dma-mapping.c. Where one misuse makes the kernel print two lines, the more exact one is reported here.
export const debugClasses = {
  'unmap-invalid-address': {
    phrase: 'tries to free an invalid DMA memory address',
    always: 'nobody unmaps the value that means failure',
    description: 'unmap or free names no live mapping, and its handle is the error value of a mapping that failed',
  },
  'unmap-not-allocated': {
    phrase: 'tries to free DMA memory it has not allocated',
    always: 'only live mappings are unmapped',
    description: 'unmap or free names no live mapping of the device, or several that fit equally badly',
  },
  'unmap-size': {
    phrase: 'frees DMA memory with different size',
    always: 'a mapping is unmapped with the size it was mapped with',
    description: 'the size at unmap or free is not that of the mapping',
  },
  'unmap-function': {
    phrase: 'frees DMA memory with wrong function',
    always: 'a mapping is unmapped by the function that goes with the one that made it',
    description: 'single, page, scatter-gather, coherent and resource are mixed at unmap or free',
  },
  'unmap-cpu-address': {
    phrase: 'frees DMA memory with different CPU address',
    always: 'coherent memory is freed with the address that alloc gave',
    description: 'the kernel address at free is not the one that alloc returned with this handle',
  },
  'unmap-sg-count': {
    phrase: 'frees DMA sg list with different entry count',
    always: 'a scatter list is unmapped with the count it was mapped with',
    description: 'unmap_sg is given another number of entries than map_sg was',
  },
  'unmap-direction': {
    phrase: 'frees DMA memory with different direction',
    always: 'a mapping is unmapped with the direction it was mapped with',
    description: 'the direction at unmap is not that of the mapping',
  },
  'unmap-unchecked': {
    phrase: 'failed to check map error',
    always: 'every single, page or resource mapping is tested with mapping_error',
    description: 'a mapping of map_single, map_page or map_resource is unmapped and was never passed to mapping_error',
    since: 'v3.9',
  },
  'sync-not-allocated': {
    phrase: 'tries to sync DMA memory it has not allocated',
    always: 'only live mappings are synced',
    description: 'no live mapping of the device contains the first byte of the range',
  },
  'sync-outside': {
    phrase: 'syncs DMA memory outside allocated range',
    always: 'a sync stays inside its mapping',
    description: 'the range begins inside a live mapping and ends outside it (the kernel finds no mapping then)',
  },
  'sync-direction': {
    phrase: 'syncs DMA memory with different direction',
    always: 'a mapping is synced with the direction it was mapped with',
    description: 'the direction at sync is not that of the mapping, which is not bidirectional',
  },
  'sync-read-only': {
    phrase: 'syncs device read-only DMA memory for cpu',
    always: 'nobody fetches for the CPU what the device only reads',
    description: 'sync_for_cpu of a to-device mapping with another direction than to-device',
  },
  'sync-write-only': {
    phrase: 'syncs device write-only DMA memory to device',
    always: 'nobody hands to the device what it only writes',
    description: 'sync_for_device of a from-device mapping with another direction than from-device',
  },
  'sync-sg-count': {
    phrase: 'syncs DMA sg list with different entry count',
    always: 'a scatter list is synced with the count it was mapped with',
    description: 'sync_sg is given another number of entries than map_sg was',
    since: 'v4.4',
  },
  'map-stack': {
    phrase: 'maps memory from stack',
    always: 'no stack is mapped',
    description: "the first page of a mapping is a thread's stack",
  },
  'map-text': {
    phrase: 'maps memory from kernel text or rodata',
    always: 'no kernel text is mapped',
    description: 'a page of a mapping is kernel text or read-only data',
  },
  'map-invalid-area': {
    phrase: 'maps memory from invalid area',
    always: 'map_single is given addresses of the linear mapping',
    description: 'map_single is given an address that is in no mapping of the kernel',
    since: 'v4.20',
  },
  'map-vmalloc': {
    phrase: 'maps memory from vmalloc area',
    always: 'map_single is given no remapped memory',
    description: 'map_single is given an address in the vmalloc window',
    since: 'v4.20',
  },
  'map-sg-length': {
    phrase: 'mapping sg segment longer than device claims to support',
    always: 'no segment is longer than the device takes',
    description: 'a mapped segment is longer than the largest that the device announced (64 KiB if it did not)',
    since: 'v4.18',
  },
  'map-sg-boundary': {
    phrase: 'mapping sg segment across boundary',
    always: 'no segment crosses the boundary that the device announced',
    description: 'first and last DMA address of a mapped segment differ in bits above the boundary mask',
    since: 'v4.18',
  },
  'map-overlap': {
    phrase: "cacheline tracking EEXIST, overlapping mappings aren't supported",
    always: 'no line that a device may write is mapped twice',
    description:
      'the first line of a new mapping of memory, other than to-device and without skip-cpu-sync, is that of a live one of that kind',
    since: 'v5.14',
  },
  'map-overlap-count': {
    phrase: 'exceeded 7 overlapping mappings of cacheline',
    always: 'no line has so many mappings that some must have been forgotten',
    description: 'more than 7 mappings besides the first begin in one line',
    since: 'v3.14',
  },
  'cpu-touch': {
    phrase: 'cpu touching an active dma mapped cacheline',
    always: 'no page changes hands while a device may write it',
    description: 'a page is freed while a mapping, other than to-device, begins in it',
    since: 'v3.14, until v5.11',
  },
  'alloc-too-big': {
    phrase: 'coherent allocation too big',
    always: 'no allocation is larger than what the coherent mask reaches',
    description: 'alloc is asked for as many bytes as the coherent mask covers, or more',
  },
  'device-pending': {
    phrase: 'device driver has pending DMA allocations while released from device',
    always: 'a driver that lets go of its device has unmapped everything',
    description: 'a device is released while mappings of it are live',
  },
  'entries-exhausted': {
    phrase: 'debugging out of memory - disabling',
    always: 'dma-debug has room for every live mapping',
    description: 'more mappings are live than dma-debug has entries; from there on it is silent',
  },
  'lines-exhausted': {
    phrase: 'cacheline tracking ENOMEM, dma-debug disabled',
    always: 'dma-debug has room for every mapped line',
    description: 'more lines are mapped than dma-debug can track; from there on it is silent',
    since: 'v3.14',
  },
} as const satisfies Record<string, DebugClass>

export type DebugClassName = keyof typeof debugClasses

export const debugClassNames = Object.keys(debugClasses) as readonly DebugClassName[]
