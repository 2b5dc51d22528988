/** Litmus | the hardware features that can make a difference to a generated test, and the sets of them that it is searched with. */

import { defaultFeatures } from '../../../machines/features.ts'
import type { FeatureForm, LitmusTest } from '../form.ts'
import type { DiyTest } from './build.ts'
import type { Cycle, DiyEvent } from './cycle.ts'

export interface SwitchSets {
  /** Each is expected to come out in its own way; the first one is the platform as it stands. */
  readonly said: readonly (readonly FeatureForm[])[]
  /** Said only if the outcome is another one than on the platform as it stands. */
  readonly tried: readonly (readonly FeatureForm[])[]
}

/** Among cores every set of the two features of a core; where there are devices, one feature after the other. */
export function switchSets({ cycle, architecture, test }: DiyTest): SwitchSets {
  const flips = relevant(cycle, test).map((name): FeatureForm => ({ name, on: !isOn(test, name) }))
  if (cycle.agents.every(({ kind }) => kind === 'core') && !test.platform.units.some(({ unit }) => unit === 'mmu')) {
    return { said: subsets(flips), tried: [] }
  }
  // What must not be seen must not with everything that can go wrong either; that walks look into caches is no such thing.
  const adversary = flips.filter(({ name, on }) => on && name !== 'walkerCoherent')
  const said = architecture === 'forbidden' && adversary.length > 0 ? [[], adversary] : [[]]
  return { said, tried: architecture === 'allowed' ? flips.map((flip) => [flip]) : [] }
}

/** All subsets, the empty one first. */
function subsets(flips: readonly FeatureForm[]): FeatureForm[][] {
  return Array.from({ length: 1 << flips.length }, (_, set) => flips.filter((_flip, bit) => (set >> bit) & 1))
}

function isOn({ platform }: LitmusTest, name: string): boolean {
  const own = platform.features.find((feature) => feature.name === name)
  return own?.on ?? (defaultFeatures as Readonly<Record<string, boolean>>)[name] === true
}

/** In the order in which expectations list them. */
function relevant(cycle: Cycle, test: LitmusTest): string[] {
  const kindOf = ({ agent }: DiyEvent) => cycle.agents[agent]?.kind
  const ofCores = cycle.events.filter((event) => kindOf(event) === 'core')
  const isShared = cycle.events.some((event) => kindOf(event) === 'device')
  const cached = ofCores.filter(({ touched, word }) => touched !== 'data' || cycle.words[word]?.uncached === false)
  const isCached = isShared && cached.some(({ word }) => word >= 0)
  const units = test.platform.units.map(({ unit }) => unit)
  const isBuffered = isShared && (units.includes('iommu') || cycle.words.some(({ uncached }) => uncached) || isCached)
  const found: (readonly [string, boolean])[] = [
    ['storeBuffer', ofCores.some(({ direction }) => direction === 'W')],
    ['loadReordering', ofCores.some(({ direction, touched }) => direction === 'R' && touched === 'data')],
    ['speculation', isCached && ofCores.some(({ direction, word }) => direction === 'R' && word >= 0)],
    ['eviction', isCached],
    ['l2', isCached],
    ['l2StoreBuffer', isBuffered],
    ['postedDeviceWrites', cycle.events.some(({ touched }) => touched === 'bell')],
    ['tlbPrefetch', units.includes('iommu') || units.includes('mmu')],
    ['tlbEviction', units.includes('iommu') || units.includes('mmu')],
    ['walkerCoherent', units.includes('iommu')],
  ]
  return found.filter(([, matters]) => matters).map(([name]) => name)
}
