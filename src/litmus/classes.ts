/** Litmus | classes of bugs around DMA: what the letter that a test names as its `class` stands for. */

export interface BugClass {
  readonly title: string
  readonly description: string
}

/** E stands for nothing. */
export const bugClasses = {
  A: {
    title: 'sync calls',
    description:
      'A call that hands a buffer over is missing, or has the wrong direction, range or moment. What one side reads or writes then is not what the other side believes.',
  },
  B: {
    title: 'speculative fills',
    description:
      'A core fetches a line of a buffer that a device is still writing, although no instruction asks for it. Whatever was invalidated before the transfer is in the cache again after it.',
  },
  C: {
    title: 'dirty lines and lost stores',
    description:
      'A dirty line of a buffer is written back while a device writes it, or after; or an invalidation throws away stores that somebody still wants.',
  },
  D: {
    title: 'shared cache lines',
    description:
      'Maintenance works on whole lines, and a line holds DMA data beside something else. Writing it back, or dropping it, then loses one of the two.',
  },
  F: {
    title: 'doorbells and publishing',
    description:
      'The write that starts a device, or the word that makes a descriptor valid, gets ahead of the data that it announces, because a barrier is missing or in the wrong place.',
  },
  G: {
    title: 'reading descriptors',
    description:
      'A core reads the body of a descriptor before the flag that says that it is complete, so that a new flag comes with an old body.',
  },
  H: {
    title: 'device still running',
    description:
      'Memory is given back, or translation switched, before the device has stopped. What it still reads or writes then belongs to somebody else.',
  },
  I: {
    title: 'invalidation of translations',
    description:
      'An IOTLB is invalidated in the wrong order, not completely, or without waiting until that is done. Accesses by the old translation then land after its page was reused.',
  },
  J: {
    title: 'deferred invalidation and reuse',
    description:
      'Translations are invalidated some time after they were unmapped. In between a device reaches pages that are free, or an IO address that means another page already.',
  },
  K: {
    title: 'page tables not yet visible',
    description:
      'A core has written a table entry, but it is still in a store buffer or a cache when the walker reads the table from memory.',
  },
  L: {
    title: 'stale after map',
    description:
      'Something still knows that an address was unmapped before (a cached fault, a descriptor that was fetched ahead, an entry beside the changed one) when it is mapped and used.',
  },
  M: {
    title: 'blocking, clocks, power',
    description:
      'A unit is told to invalidate while it still translates, or while its clock or power is off. The command is lost, or races with a walk.',
  },
  N: {
    title: 'attribute aliases',
    description:
      'The same memory is mapped cacheable and non-cacheable. What goes through one mapping is invisible through the other, or destroyed by it.',
  },
  O: {
    title: 'bounce buffers',
    description:
      'Data are copied through a buffer that the device can reach. A copy that is left out, made in the wrong direction or at the wrong time loses what either side wrote.',
  },
  P: {
    title: 'address allocator and sizes',
    description:
      'The allocator of IO addresses, or the bookkeeping of scatter lists, is wrong: a range is handed out twice or never freed, or less is unmapped than was mapped.',
  },
  Q: {
    title: 'rings shared with a device',
    description:
      'The indices of a ring in shared memory, and the entries that they announce, become visible in the wrong order.',
  },
  R: {
    title: 'interrupts, registers and data',
    description:
      'An interrupt, or the value of a register, overtakes the data that it is about; or a posted write of a register arrives after the handler has returned.',
  },
  S: {
    title: 'camera ping-pong',
    description:
      'A camera changes from one buffer to the next on its own. Software that comes a moment late takes the wrong buffer for finished, or gives one back that is being written.',
  },
  T: {
    title: 'changing live translations',
    description:
      'An entry that hardware is using is replaced by another valid one, or its words are written in an order in which the one in between means something. Old, new and mixed translations are then in use at once.',
  },
  U: {
    title: 'invalidation queues',
    description:
      'Software takes the completion of one command for that of another, or gives up waiting and goes on as if it had come.',
  },
  V: {
    title: 'reach of maintenance',
    description:
      'A maintenance operation does not reach every cache that has the line: another core, or another level, keeps an old copy or fills one again from it.',
  },
} as const satisfies Record<string, BugClass>
