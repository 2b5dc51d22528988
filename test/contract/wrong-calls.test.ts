/** Contract | wrong calls of the DMA API, in every edition and backend: each ends, and in edition dmarace each is reported as documented. */

import { describe, expect, test } from 'vitest'
import { pageOwners } from '../../machines/os/calls.ts'
import { UsageError } from '../../src/base/errors.ts'
import { linearVa } from '../../src/dma/addresses.ts'
import { editions } from '../../src/dma/index.ts'
import { type BackendName, backendNames, type DirectionArg, type Edition } from '../../src/dma/types.ts'
import { resolveOptions } from '../../src/run/options.ts'
import { runScenario } from '../../src/run/run.ts'
import { defineScenario, type ProgramContext } from '../../src/scenario/build.ts'
import { conversionDefaults } from '../../src/scenario/conversion-code.ts'

type Wrong = (context: ProgramContext, direction: DirectionArg) => void
/** What is left behind is the fault of programs that do not tidy up: it is not looked at. */
interface Case {
  readonly calls: Wrong
  /** Oracles of which one reports it in edition dmarace; none: the caller is told, and nobody else. */
  readonly reported?: readonly RegExp[]
}

const page = ({ asm, dma }: ProgramContext) => {
  const [addr] = asm.call('page.alloc', [16, pageOwners.indexOf('kernel')])
  return linearVa(dma.env.geometry, addr)
}
const mapped = (context: ProgramContext, direction: DirectionArg) => {
  const mapping = context.dma.mapSingle({ va: page(context), bytes: 16, direction })
  context.dma.mappingError(mapping.handle)
  return mapping
}
const list = ({ dma }: ProgramContext, ...bytes: number[]) =>
  dma.sgList(bytes.map((each, index) => ({ addr: 0x40000040 + index * 32, bytes: each })))
const nowhere = ({ asm }: ProgramContext) => ({
  va: asm.set(asm.temp(), 0xf0000000),
  handle: asm.set(asm.temp(), 0x20000000),
})
const misuse = [/^api$/, /^dma-debug\//]

const cases: Readonly<Record<string, Case>> = {
  'no direction': { calls: (c) => c.dma.mapSingle({ va: page(c), bytes: 16, direction: 'none' }), reported: misuse },
  'a direction in a register that is none': {
    calls: (c) => c.dma.mapSingle({ va: page(c), bytes: 16, direction: { register: c.asm.set(c.asm.temp(), 7) } }),
    reported: misuse,
  },
  'another direction at unmap': {
    calls: (c, direction) => {
      const other = direction === 'to-device' ? 'from-device' : 'to-device'
      c.dma.unmapSingle({ ...mapped(c, direction), direction: other })
    },
    reported: [/unmap-direction$/],
  },
  'size 0': { calls: (c, direction) => c.dma.mapSingle({ va: page(c), bytes: 0, direction }), reported: [/^api$/] },
  'all addresses and more': { calls: (c, direction) => c.dma.mapSingle({ va: page(c), bytes: 0xfffffff8, direction }) },
  'an allocation of nothing': { calls: ({ dma }) => dma.alloc(0), reported: [/^api$/] },
  'an allocation of more than there are addresses': { calls: ({ dma }) => dma.alloc(0xfffffff1), reported: [/^api$/] },
  'an allocation of more than there is': { calls: ({ dma }) => dma.alloc(0x100000) },
  'a foreign handle': {
    calls: ({ dma }, direction) => dma.unmapSingle(dma.mappingAt(0x12345670, { bytes: 16, direction, pageOffset: 0 })),
    reported: [/unmap-not-allocated$/],
  },
  'the error value': {
    calls: ({ dma }, direction) => dma.unmapSingle(dma.mappingAt(0xffffffff, { bytes: 16, direction, pageOffset: 15 })),
    reported: [/unmap-(invalid-address|not-allocated)$/],
  },
  'a foreign handle, synced': {
    calls: ({ dma }, direction) => dma.syncForCpu(dma.mappingAt(0x40000040, { bytes: 16, direction, pageOffset: 0 })),
    reported: [/sync-not-allocated$/],
  },
  'two unmaps': {
    calls: (c, direction) => {
      const mapping = mapped(c, direction)
      c.dma.unmapSingle(mapping)
      c.dma.unmapSingle(mapping)
    },
    reported: [/unmap-not-allocated$/],
  },
  'two frees': {
    calls: ({ dma }) => {
      const buffer = dma.alloc(16)
      dma.free(buffer)
      dma.free(buffer)
    },
    reported: [/unmap-not-allocated$/],
  },
  'free of what was never allocated': {
    calls: (c) => c.dma.free({ ...nowhere(c), bytes: 16, attrs: [] }),
    reported: [/unmap-not-allocated$/],
  },
  'mmap beyond the allocation': { calls: ({ dma }) => dma.mmap(dma.alloc(16), { pageOffset: 5, vmaBytes: 64 }) },
  'a list without entries': {
    calls: (c, direction) => c.dma.mapSg(list(c, 16), 0, { direction }),
    reported: [/^api$/],
  },
  'a list with a gap': { calls: (c, direction) => c.dma.mapSg(list(c, 16, 0), 2, { direction }), reported: [/^api$/] },
  'a list shorter than said': {
    calls: (c, direction) => c.dma.mapSg(list(c, 16), 5, { direction }),
    reported: [/^api$/],
  },
  'a list unmapped twice': {
    calls: (c, direction) => {
      const mapping = c.dma.mapSg(list(c, 16), 1, { direction })
      c.dma.unmapSg(mapping)
      c.dma.unmapSg(mapping)
    },
    reported: [/unmap-not-allocated$/],
  },
  'IO addresses, safe buffers or lists used up': {
    calls: (c, direction) => {
      for (let index = 0; index < 12; index++) c.dma.mapSingle({ va: page(c), bytes: 16, direction })
    },
  },
  'a buffer larger than any safe one': {
    calls: (c, direction) => c.dma.mapPage({ page: 0x40000060, bytes: 64, direction }),
  },
  'masks that are too small': {
    calls: ({ dma }) => {
      dma.setMask(0)
      dma.setMask(0xff)
      dma.supported(1)
    },
  },
  'atomic memory without a pool': { calls: ({ dma }) => dma.alloc(16, [], { gfp: 'atomic' }) },
}

/** Oracles that a run of these calls violates. Throws what the tool throws. */
function violatedBy(calls: Wrong, backend: BackendName, edition: Edition, direction: DirectionArg): string[] {
  const near = { streaming: 0x4000005f, coherent: 0xffffffff }
  const reach = { masks: near, pools: [{ name: 'fimc0-small', blockBytes: 16, blocks: 1 }] }
  const scenario = defineScenario({
    id: 'wrong-calls',
    question: 'This asks what becomes of a wrong call.',
    cores: [
      {
        main: (context) => {
          context.dma.attach()
          calls(context, direction)
        },
      },
    ],
    camera: 'none',
    backend,
    defaults: { ...conversionDefaults, litmus: { ...conversionDefaults.litmus, frames: 1 } },
    ...(backend === 'dmabounce' ? { reach: { litmus: reach, board: {} } } : {}),
  })
  const options = resolveOptions({ scenario: scenario.id, geometry: 'litmus', policy: 'off', seed: 1 }, scenario)
  const { violations } = runScenario({ ...options, edition }, { runtime: 'sim' })
  return violations.map(({ violation }) => violation.oracle)
}

// Older editions may run into memory that is none, or never end: that is a violation, too, not an error of the tool.
describe.each(Object.values<Edition>(editions))('$name', (edition) => {
  test.each(backendNames)(
    '%s: every wrong call ends, and is reported where edition dmarace says so',
    (backend) => {
      for (const [name, { calls, reported }] of Object.entries(cases)) {
        for (const direction of ['to-device', 'from-device'] as const) {
          const violated = violatedBy(calls, backend, edition, direction)
          if (edition.name !== 'dmarace' || reported === undefined) continue
          const told = violated.some((oracle) => reported.some((pattern) => pattern.test(oracle)))
          expect([name, direction, told]).toEqual([name, direction, true])
        }
      }
    },
    120_000,
  )
})

test('a function that an edition does not have is a usage error', () => {
  const resource: Wrong = ({ dma }, direction) => dma.mapResource({ addr: 0x13860000, bytes: 16, direction })
  const call = () => violatedBy(resource, 'iommu', editions['linux-3.6'], 'to-device')
  expect(call).toThrow(UsageError)
  expect(call).toThrow('edition linux-3.6 has no map_resource, which came with Linux v4.9')
  expect(violatedBy(resource, 'iommu', editions.dmarace, 'to-device')).not.toContain('api')
})
