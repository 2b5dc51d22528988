/** Machines | the hardware features that can be switched: what may happen at any instant, and what a board leaves out. */

/** Every switch, with its meaning and default. A verdict says which were on. */
export const features = {
  speculation: {
    default: true,
    description: 'the core may fill any line of Normal cacheable memory without an instruction asking',
  },
  eviction: { default: true, description: 'a cache may evict any line at any moment' },
  l2: { default: true, description: 'the PL310 outer cache is enabled; off: it passes everything through' },
  l2StoreBuffer: {
    default: true,
    description: 'the PL310 holds non-cacheable writes and write-backs in its store buffer until drained or synced',
  },
  storeBuffer: { default: true, description: 'stores wait in the core and drain later, Normal ones in any order' },
  tlbPrefetch: {
    default: false,
    description: 'the SYSMMU may walk ahead for any page of its IO address window; so may an IOMMU',
  },
  tlbEviction: { default: true, description: 'the SYSMMU, or an IOMMU, may drop any TLB entry at any moment' },
  postedDeviceWrites: {
    default: false,
    description: 'the bus answers register writes before the device has them (never for the PL310)',
  },
  flpdCache: {
    default: false,
    description: 'a SYSMMU of version 3.2 or later keeps first-level descriptors, and fetches them ahead',
  },
  flpdFaultCache: {
    default: false,
    description: 'with flpdCache, a SYSMMU of version 3.3 keeps invalid first-level descriptors too',
  },
  blockTimeout: { default: false, description: 'the SYSMMU may take longer to block than a driver waits' },
  clockGating: {
    default: false,
    description: 'the register clock of the SYSMMU is off until the driver switches it on; access without it fails',
  },
  powerDomain: {
    default: false,
    description: 'drivers take the power of the SYSMMU away while it is not used: its registers and TLB are lost',
  },
  lazyInvalidation: {
    default: false,
    description:
      'unmap leaves the TLB of the SYSMMU alone; a full flush queue or its timer invalidates everything at once',
  },
  shadowRegisters: { default: true, description: 'FIMC latches its output address registers at frame start only' },
  loadReordering: {
    default: false,
    description:
      'a core may perform a load before older loads of other words, until a barrier or a dependency forbids it',
  },
  maintenanceBroadcast: {
    default: true,
    description: 'L1 maintenance by address acts in every core; off, as in ARM11 MPCore: in the own one only',
  },
  sharedOverride: {
    default: true,
    description: 'non-cacheable accesses pass by the PL310 array; off: they look it up (AUX_CTRL bit 22 clear)',
  },
  walkerCoherent: {
    default: false,
    description: 'table walks go through the accelerator coherency port and see what the caches hold',
  },
  deviceCoherent: {
    default: false,
    description:
      "devices' accesses go through the accelerator coherency port: they see and change what the caches hold, where an invalidation drops it",
  },
  deviceTlbEviction: {
    default: true,
    description: "a device's own translation cache may drop any entry at any moment",
  },
} as const satisfies Record<string, { default: boolean; description: string }>

export type FeatureName = keyof typeof features
export type Features = Readonly<Record<FeatureName, boolean>>

/** The defaults. */
export const defaultFeatures: Features = Object.fromEntries(
  Object.entries(features).map(([name, feature]) => [name, feature.default]),
) as Record<FeatureName, boolean>
