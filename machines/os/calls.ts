/** Machines | every call a program can make to the operating system's shared state: arguments, results, what is atomic. */

import type { Message } from '../../src/kernel/actor.ts'

/**
 * Documentation of one call. All arguments and results are u32. Every call is one atomic step: it is what the kernel
 * does under one spin lock, or with one store; whatever the kernel does in several steps is several calls.
 */
export interface OsCallContract {
  readonly description: string
  /** Argument names in order; all are required. */
  readonly args: readonly string[]
  /** Result names in order; `os.return` carries exactly so many values. */
  readonly results: readonly string[]
}

/**
 * Encodings. `owner`: index in `pageOwners`; `memory`: index in `memoryTypes`; `direction`: as in the kernel's
 * enum (0 bidirectional, 1 to device, 2 from device); `kind`: 0 streaming, 1 coherent, 2 sg, 3 resource, 4 bounced; `mask`: 0 streaming, 1 coherent; `lock`, `list`, `flag`, `device`, `pool`,
 * `mapping` (an IO address space): index in the config's list of that name; `array`: id of a page array, 0 for none.
 * `status`: 0, or a negative errno as u32 (`errno`). Addresses that could not be had: 0 for memory and virtual
 * addresses, `dmaError` for IO addresses.
 */
export const osCalls = {
  // --- the page allocator ---
  'page.alloc': {
    description:
      'Takes physically contiguous pages, lowest address first, aligned to their own size rounded up to a power of two.',
    args: ['bytes', 'owner'],
    results: ['addr'],
  },
  'page.alloc-single': {
    description:
      'Takes one page; with the config option `scatter`, never next to the previous one where another choice exists.',
    args: ['owner'],
    results: ['addr'],
  },
  'page.free': {
    description: 'Gives pages back, all of them or, if one of them is not allocated, none.',
    args: ['addr', 'bytes'],
    results: ['status'],
  },
  'page.alias': {
    description: 'Removes (0) or restores (1) the cacheable linear mapping of pages.',
    args: ['addr', 'bytes', 'present'],
    results: ['status'],
  },
  'page.assign': {
    description:
      'Says whom pages belong to from now on, whoever had them: for programs that name the pages themselves. Owner 0: they are free.',
    args: ['addr', 'bytes', 'owner'],
    results: ['status'],
  },
  // --- page arrays: the kernel's `struct page **` ---
  'array.alloc': {
    description: 'Makes an array for so many pages, all empty.',
    args: ['pages'],
    results: ['array'],
  },
  'array.set': {
    description: 'Stores the page at `index`.',
    args: ['array', 'index', 'addr'],
    results: ['status'],
  },
  'array.get': {
    description: 'Reads the page at `index`; 0 if empty or no such array.',
    args: ['array', 'index'],
    results: ['addr'],
  },
  'array.free': {
    description: 'Drops the array, not its pages.',
    args: ['array'],
    results: ['status'],
  },
  // --- IO address spaces ---
  'iova.alloc': {
    description:
      'Takes a range of whole pages from the bitmap: first fit, aligned to its own size rounded up to a power of two.',
    args: ['mapping', 'bytes'],
    results: ['iova'],
  },
  'iova.alloc-within': {
    description: 'As `iova.alloc`, but only addresses that the mask of `device` covers.',
    args: ['mapping', 'bytes', 'device', 'mask'],
    results: ['iova'],
  },
  'iova.free': {
    description: 'Gives a range back.',
    args: ['mapping', 'iova', 'bytes'],
    results: ['status'],
  },
  'iova.assign': {
    description:
      'Says that a range is handed out (1) or given back (0) in `spaces` spaces from `space` on, for programs that name the addresses themselves; the bitmap is not asked.',
    args: ['iova', 'bytes', 'taken', 'space', 'spaces'],
    results: ['status'],
  },
  // --- what a device can reach ---
  'mask.set': {
    description: 'Stores a mask of a device (`dev->dma_mask`, `dev->coherent_dma_mask`).',
    args: ['device', 'mask', 'value'],
    results: ['status'],
  },
  'mask.get': { description: 'Reads it.', args: ['device', 'mask'], results: ['value'] },
  'mask.covers': {
    description: 'Whether the mask covers every address of [handle, handle + bytes).',
    args: ['device', 'mask', 'handle', 'bytes'],
    results: ['covers'],
  },
  // --- scatter lists: the kernel's `struct scatterlist[]` ---
  'sg.alloc': {
    description: 'Makes a list of so many entries, all empty; 0: no memory for it.',
    args: ['entries'],
    results: ['sg'],
  },
  'sg.set': {
    description: 'Sets the physical address and length of an entry.',
    args: ['sg', 'index', 'addr', 'bytes'],
    results: ['status'],
  },
  'sg.get': {
    description:
      'Reads an entry: its page, offset and length, all 0 if it was never set, and the DMA address and length that map_sg put there.',
    args: ['sg', 'index'],
    results: ['page', 'offset', 'bytes', 'dma', 'dmaBytes'],
  },
  'sg.set-dma': {
    description: 'Sets the DMA address and length of an entry.',
    args: ['sg', 'index', 'dma', 'dmaBytes'],
    results: ['status'],
  },
  'sg.free': { description: 'Drops the list, not its pages.', args: ['sg'], results: ['status'] },
  // --- pools of equal blocks, non-cacheable for the CPU: `struct dma_pool`, the atomic pool ---
  'pool.create': {
    description: 'Gives the pool its memory: DMA address, kernel address and size.',
    args: ['pool', 'handle', 'va', 'bytes'],
    results: ['status'],
  },
  'pool.destroy': {
    description: 'Takes the memory of the pool out of it; -EBUSY while a block is in use.',
    args: ['pool'],
    results: ['status', 'handle', 'va', 'bytes'],
  },
  'pool.alloc': {
    description: 'Takes blocks in a row for `bytes`, lowest address first, aligned to their size.',
    args: ['pool', 'bytes'],
    results: ['handle', 'va'],
  },
  'pool.find': {
    description: 'Which pool the memory at `handle` is of.',
    args: ['handle'],
    results: ['found', 'pool'],
  },
  'pool.free': {
    description: 'Gives the blocks at `handle` back.',
    args: ['pool', 'handle', 'bytes'],
    results: ['status'],
  },
  // --- the list of live DMA mappings ---
  'mapping.add': {
    description:
      'Records a mapping of `bytes` at DMA address `handle`. `array` 0: physically contiguous from `addr`. Of kind 2: the scatter list; of kind 4: the kernel address of the safe buffer.',
    args: ['device', 'handle', 'addr', 'bytes', 'direction', 'kind', 'array'],
    results: ['status'],
  },
  'mapping.find': {
    description: 'Looks up the mapping of `device` that contains all of [handle, handle + bytes).',
    args: ['device', 'handle', 'bytes'],
    results: ['found', 'start', 'addr', 'bytes', 'direction', 'kind', 'array'],
  },
  'mapping.peek': {
    description:
      'As `mapping.find`, for memory that need not be in the list: whether it is one with a safe buffer, say.',
    args: ['device', 'handle', 'bytes'],
    results: ['found', 'start', 'addr', 'bytes', 'direction', 'kind', 'array'],
  },
  'mapping.count': {
    description: 'How many mappings a device has.',
    args: ['device'],
    results: ['count'],
  },
  'mapping.take': {
    description:
      'Looks up the mapping that starts at `handle` and removes it from the list: of two callers one gets it.',
    args: ['device', 'handle', 'bytes', 'direction', 'kind'],
    results: ['found', 'addr', 'bytes', 'array'],
  },
  // --- virtual memory ---
  'kernel.map': {
    description: 'Maps pages into the kernel window. `array` 0: contiguous from `addr`.',
    args: ['addr', 'bytes', 'memory', 'array'],
    results: ['va'],
  },
  'kernel.find': {
    description: 'What is mapped from `va` on by `kernel.map`.',
    args: ['va'],
    results: ['found', 'addr', 'bytes', 'array'],
  },
  'kernel.unmap': {
    description: 'Removes the mapping made at `va`, TLB entries of all cores included.',
    args: ['va'],
    results: ['status'],
  },
  'user.map': {
    description:
      'Maps pages into the user window, from page `page` of the array (or of the contiguous memory at `addr`) on.',
    args: ['addr', 'bytes', 'memory', 'array', 'page'],
    results: ['va'],
  },
  'user.unmap': {
    description: 'Removes the mapping made at `va`, TLB entries of all cores included.',
    args: ['va'],
    results: ['status'],
  },
  'va.translate': {
    description:
      'The physical address and memory type of one virtual address: linear, kernel or user window. `ok` 0: not mapped.',
    args: ['va'],
    results: ['ok', 'addr', 'memory'],
  },
  // --- level-2 tables of an IO address space; the words themselves are in simulated memory ---
  'table.find': {
    description: 'The physical address of the level-2 table behind level-1 entry `index`; 0: none.',
    args: ['mapping', 'index'],
    results: ['addr'],
  },
  'table.alloc': {
    description: 'Takes memory for the level-2 table of level-1 entry `index`; its contents are whatever was there.',
    args: ['mapping', 'index'],
    results: ['addr'],
  },
  'table.free': {
    description: 'Gives the memory of a level-2 table without used entries back.',
    args: ['mapping', 'index'],
    results: ['status'],
  },
  'table.use': {
    description: 'Counts `entries` more of the table as used; returns how many are free then.',
    args: ['mapping', 'index', 'entries'],
    results: ['free'],
  },
  'table.unuse': {
    description: 'Counts `entries` fewer of the table as used; returns how many are free then.',
    args: ['mapping', 'index', 'entries'],
    results: ['free'],
  },
  // --- what threads and interrupt handlers share ---
  'list.push': {
    description: 'Appends a value; -ENOMEM when the list is full.',
    args: ['list', 'value'],
    results: ['status'],
  },
  'list.pop': {
    description: 'Takes the oldest value.',
    args: ['list'],
    results: ['found', 'value'],
  },
  'list.count': {
    description: 'Length of the list.',
    args: ['list'],
    results: ['count'],
  },
  'flag.set': {
    description: 'Stores a variable that fits a word.',
    args: ['flag', 'value'],
    results: ['status'],
  },
  'flag.get': { description: 'Reads it.', args: ['flag'], results: ['value'] },
  'lock.acquire': {
    description: 'Takes a spin lock; the call waits while another holds it.',
    args: ['lock'],
    results: ['status'],
  },
  'lock.try': {
    description: 'Takes a lock unless somebody holds it; 1: taken.',
    args: ['lock'],
    results: ['taken'],
  },
  'lock.release': {
    description: 'Gives a spin lock back.',
    args: ['lock'],
    results: ['status'],
  },
  // --- reports ---
  'fault.report': {
    description:
      'Reports a translation fault that a handler read from the registers of the SYSMMU of `device`; `status` 0: it gives up, after retries at `iova` that did not help.',
    args: ['device', 'status', 'iova'],
    results: ['status'],
  },
  'misuse.report': {
    description:
      'Reports a wrong use of the DMA API that an operation found out itself; `why` is an index in `misuses`.',
    args: ['device', 'why', 'handle'],
    results: ['status'],
  },
} as const satisfies Record<string, OsCallContract>

export type OsCallType = keyof typeof osCalls

/** Every call, for the ports of the CPU and of the os. */
export const osCallTypes: readonly OsCallType[] = Object.keys(osCalls) as OsCallType[]

/** A call as the CPU sends it; answered by `os.return` in the same step, unless the call stalls. */
export interface OsCall extends Message {
  readonly type: OsCallType
  readonly core: number
  readonly args: readonly number[]
}

/** Page owners by number. `stack`: a thread's kernel stack; `text`: kernel text or read-only data. */
export const pageOwners = ['free', 'kernel', 'user', 'dma', 'page-table', 'stack', 'text'] as const
export type PageOwnerName = (typeof pageOwners)[number]

/** Memory types by number. */
export const memoryTypes = ['cacheable', 'non-cacheable'] as const

/** Wrong uses that operations report by number. */
export const misuses = [
  'unmaps or syncs memory that is not mapped',
  'frees memory that was not allocated',
  'maps memory to user space that was not allocated',
  'uses an invalid direction',
  'maps a scatter list without entries, or with an empty one',
  'calls a function that may sleep in an interrupt handler, with interrupts off or under a lock',
  'frees DMA memory with interrupts off',
  'maps memory that the device cannot reach',
  'maps more than the bounce limit of the device',
  'maps or allocates nothing, or more than there are addresses',
  'maps memory as if it were a resource',
] as const
export type Misuse = (typeof misuses)[number]

/** The kernel's error numbers as u32. */
export const errno = {
  ok: 0,
  ENXIO: -6 >>> 0,
  ENOMEM: -12 >>> 0,
  EBUSY: -16 >>> 0,
  EINVAL: -22 >>> 0,
  EIO: -5 >>> 0,
} as const

/** What a mapping that could not be made returns: `DMA_ERROR_CODE`. HF-300 */
export const dmaError = 0xffffffff
