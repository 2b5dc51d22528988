/** Machines | the hardware features that can be switched: what may happen at any instant, and what a board leaves out. */

export interface Feature {
  readonly default: boolean
  readonly description: string
  /** Ids of what is known of the hardware about it (docs/hardware-facts.d). */
  readonly facts: readonly [string, ...string[]]
}

/** Every switch, with its meaning and default. A verdict says which were on. */
export const features = {
  speculation: {
    default: true,
    description: 'the core may fill any line of Normal cacheable memory without an instruction asking',
    facts: ['HF-164', 'HF-031'],
  },
  speculativeStores: {
    default: false,
    description:
      'as in a MIPS R10000: a store that is never executed may leave a line dirty, with its data as they were',
    facts: ['HF-644'],
  },
  eviction: { default: true, description: 'a cache may evict any line at any moment', facts: ['HF-161'] },
  l2: {
    default: true,
    description: 'the PL310 outer cache is enabled; off: it passes everything through',
    facts: ['HF-151'],
  },
  l2StoreBuffer: {
    default: true,
    description: 'the PL310 holds non-cacheable writes and write-backs in its store buffer until drained or synced',
    facts: ['HF-016', 'HF-175'],
  },
  storeBuffer: {
    default: true,
    description: 'stores wait in the core and drain later, Normal ones in any order',
    facts: ['HF-015', 'HF-100'],
  },
  tlbPrefetch: {
    default: false,
    description: 'the SYSMMU may walk ahead for any page of its IO address window; so may an IOMMU',
    facts: ['HF-216', 'HF-414'],
  },
  tlbEviction: {
    default: true,
    description: 'the SYSMMU, or an IOMMU, may drop any TLB entry at any moment',
    facts: ['HF-209', 'HF-463'],
  },
  postedDeviceWrites: {
    default: false,
    description: 'the bus answers register writes before the device has them (never for the PL310)',
    facts: ['HF-234', 'HF-235'],
  },
  flpdCache: {
    default: false,
    description: 'a SYSMMU of version 3.2 or later keeps first-level descriptors, and fetches them ahead',
    facts: ['HF-410', 'HF-417'],
  },
  flpdFaultCache: {
    default: false,
    description: 'with flpdCache, a SYSMMU of version 3.3 keeps invalid first-level descriptors too',
    facts: ['HF-420'],
  },
  blockTimeout: {
    default: false,
    description: 'the SYSMMU may take longer to block than a driver waits',
    facts: ['HF-423'],
  },
  clockGating: {
    default: false,
    description: 'the register clock of the SYSMMU is off until the driver switches it on; access without it fails',
    facts: ['HF-424', 'HF-426'],
  },
  powerDomain: {
    default: false,
    description: 'drivers take the power of the SYSMMU away while it is not used: its registers and TLB are lost',
    facts: ['HF-425', 'HF-426'],
  },
  lazyInvalidation: {
    default: false,
    description:
      'unmap leaves the TLB of the SYSMMU alone; a full flush queue or its timer invalidates everything at once',
    facts: ['HF-412'],
  },
  shadowRegisters: {
    default: true,
    description: 'FIMC latches its output address registers at frame start only',
    facts: ['HF-275'],
  },
  loadReordering: {
    default: false,
    description:
      'a core may perform a load before older loads of other words, until a barrier or a dependency forbids it',
    facts: ['HF-495', 'HF-497'],
  },
  lateLoads: {
    default: false,
    description:
      'a core may perform a load after younger stores and register writes, until a barrier, a branch or a dependency forbids it',
    facts: ['HF-643'],
  },
  maintenanceBroadcast: {
    default: true,
    description: 'L1 maintenance by address acts in every core; off, as in ARM11 MPCore: in the own one only',
    facts: ['HF-171', 'HF-493'],
  },
  sharedOverride: {
    default: true,
    description: 'non-cacheable accesses pass by the PL310 array; off: they look it up (AUX_CTRL bit 22 clear)',
    facts: ['HF-179', 'HF-496'],
  },
  walkerCoherent: {
    default: false,
    description: 'table walks go through the accelerator coherency port and see what the caches hold',
    facts: ['HF-494'],
  },
  deviceCoherent: {
    default: false,
    description:
      "devices' accesses go through the accelerator coherency port: they see and change what the caches hold, where an invalidation drops it",
    facts: ['HF-494', 'HF-173'],
  },
  deviceTlbEviction: {
    default: true,
    description: "a device's own translation cache may drop any entry at any moment",
    facts: ['HF-480'],
  },
  tlbiBroadcast: {
    default: true,
    description:
      "the invalidation of one page of a core's translations acts in every core; off, as by erratum 720789: in the own one only",
    facts: ['HF-499', 'HF-525'],
  },
  flushKeepsClean: {
    default: false,
    description: 'as by erratum 588369: clean and invalidate leaves a line in the PL310 that was clean',
    facts: ['HF-526'],
  },
  globalMonitor: {
    default: true,
    description:
      'memory keeps exclusive accesses past the caches apart; off: it answers a non-cacheable load-exclusive with an error',
    facts: ['HF-564', 'HF-565'],
  },
  exclusiveFailures: {
    default: true,
    description: 'a store-exclusive may fail although nobody has written there since its load',
    facts: ['HF-563'],
  },
  maintenanceMisses: {
    default: false,
    description: 'as by erratum 764369: L1 maintenance by address may do nothing unless a DSB stands right before it',
    facts: ['HF-527'],
  },
  deviceReordering: {
    default: false,
    description:
      'accesses of a device may overtake its posted writes, as with PCIe relaxed ordering or several AXI ids, unless it waits for them as `fence` does',
    facts: ['HF-432', 'HF-581'],
  },
} as const satisfies Record<string, Feature>

export type FeatureName = keyof typeof features
export type Features = Readonly<Record<FeatureName, boolean>>

/** The defaults. */
export const defaultFeatures: Features = Object.fromEntries(
  Object.entries(features).map(([name, feature]) => [name, feature.default]),
) as Record<FeatureName, boolean>
