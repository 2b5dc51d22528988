/** Litmus | lines that calls of the DMA API touch: others than those are never disturbed, and leaving them alone changes no verdict. */

import { describe, expect, test } from 'vitest'
import { buildLitmusPlatform } from '../../machines/litmus-platform.ts'
import type { Emitted } from '../../machines/protocol.ts'
import { RandomScheduler } from '../../src/kernel/random.ts'
import { Simulation } from '../../src/kernel/simulation.ts'
import type { LitmusTest } from '../../src/litmus/form.ts'
import { lowerLitmus } from '../../src/litmus/lower.ts'
import { parseLitmus } from '../../src/litmus/parse.ts'
import { check } from '../../src/run/check.ts'
import { casesOf } from '../../src/run/litmus-check.ts'
import { subjectOfLowered } from '../../src/run/litmus-subject.ts'
import { seed as firstSeed } from '../support/seed.ts'

const walks = 6
const walkStepsMax = 2_000

/** Two lines, so that one can be left alone; a cache that holds one, so that all can be searched. */
const small = 'feature no l2\nsize line 1, page 1, l1-ways 1, l1-sets 1'

const transfer = (direction: string, body = '', given = 'buf'): string => `memory { buf: 1 line = 1\nother: 1 line = 2 }
cpu C0 {
  st other = 3
  h = dma_map_single(D, ${given}, ${direction})
  e = dma_mapping_error(D, h)
  bell D = h
  poll D.DONE == 1
  ${body}
  dma_unmap_single(D, h, ${given}, ${direction})
  ld r0 = buf
  ld r1 = other
}
device D { registers DONE\nwait BELL != 0\nrd r0 = [BELL]\nwr [BELL] = 7\nfence\nDONE = 1 }
never C0.r0 != 7
never C0.r1 != 3
`

const texts: Readonly<Record<string, string>> = {
  'to the device': transfer('TO_DEVICE'),
  'from the device': transfer('FROM_DEVICE'),
  'both ways': transfer('DMA_BIDIRECTIONAL'),
  'a sync in between': transfer('FROM_DEVICE', 'dma_sync_single_for_cpu(D, h, 4, FROM_DEVICE) ; ld r2 = buf'),
  'a handle that is computed': transfer('FROM_DEVICE', 'g = h + 0 ; dma_sync_single_for_cpu(D, g, 4, FROM_DEVICE)'),
  'a size that is too large': transfer('FROM_DEVICE', 'dma_sync_single_for_cpu(D, h, 8, FROM_DEVICE)'),
  'lines that are dropped by hand while they are dirty': `memory { buf: 1 line }
cpu C0 { st buf = 1 ; inv buf@L1 ; dsb ; inv buf@L2 ; dsb ; ld r0 = buf ; inv buf@L1 ; dsb ; ld r1 = buf }
never C0.r0 == 1 && C0.r1 == 0
`,
}

function testOf(text: string, platform: string): LitmusTest {
  return parseLitmus(`litmus t\n"This asks whether it comes out alike."\nplatform { ${platform} }\n${text}`, 't')
}

/** What is violated, with any line as mischievous as another or without. */
function violated(one: LitmusTest, where: 'declared' | 'everywhere'): readonly string[] {
  return casesOf(one).flatMap((each) => {
    const lowered = lowerLitmus(one, each.choice)
    const everywhere = () => buildLitmusPlatform({ ...lowered.platform, disturbed: undefined, beneath: undefined })
    const system = where === 'declared' ? lowered.system : everywhere()
    const verdict = check(subjectOfLowered(one, each.choice, { ...lowered, system }))
    expect(verdict.isExhaustive).toBe(true)
    return verdict.violations.map(({ property }) => property).sort()
  })
}

/** Lines that this event changes past the caches, or drops in them. */
function changedBy(event: Emitted, devices: readonly string[]): number[] {
  if (event.type === 'memory.write' && devices.includes(event.from))
    return event.data.map((_, word) => event.addr + word * 4)
  return event.type === 'cpu.store' && event.memory !== 'cacheable'
    ? event.data.map((_, word) => event.addr + word * 4)
    : []
}

describe.each(Object.entries(texts))('%s', (name, text) => {
  const isByHand = name.startsWith('lines')

  test('comes out as if any line were fetched and evicted', () => {
    const one = testOf(text, isByHand ? 'size line 1, page 1, l1-ways 1, l1-sets 1, l2-ways 1, l2-sets 1' : small)
    expect(violated(one, 'declared')).toEqual(violated(one, 'everywhere'))
  })

  test('disturbs only what is declared', () => {
    const one = testOf(text, small)
    const { platform, devices, geometry } = lowerLitmus(one, { variant: 'main' })
    const [changed, seen] = [new Set<number>(), new Set<number>()]
    const lineOf = (addr: number): number => addr - (addr % geometry.lineBytes)
    for (let seed = firstSeed; seed < firstSeed + walks; seed++) {
      new Simulation(buildLitmusPlatform({ ...platform, disturbed: undefined, beneath: undefined }), {
        runtime: 'sim',
        scheduler: new RandomScheduler(seed, 4),
        watchers: [
          ({ emitted }) => {
            for (const event of emitted as readonly Emitted[]) {
              for (const addr of changedBy(event, devices)) changed.add(lineOf(addr))
              if (event.type === 'cpu.load' || event.type === 'cpu.store') seen.add(lineOf(event.addr))
            }
          },
        ],
      }).run({ stepsMax: walkStepsMax })
    }
    const found = [...changed].filter((line) => seen.has(line))
    const declared = platform.disturbed
    expect(
      found.filter((line) => !(declared?.some((one) => line >= one.base && line < one.base + one.bytes) ?? true)),
    ).toEqual([])
    if (!isByHand) expect(found.length).toBeGreaterThan(0)
  })
})

test('a call with known arguments leaves the other lines alone, and one without does not', () => {
  const bytesOf = (text: string) => {
    const byName = text.replace('wr [BELL]', 'wr buf')
    return lowerLitmus(testOf(byName, small), { variant: 'main' }).platform.disturbed
  }
  expect(bytesOf(texts['to the device'] as string)).toMatchObject([{ bytes: 4 }])
  expect(bytesOf(texts['a handle that is computed'] as string)).toBeUndefined()
  expect(bytesOf(texts['a size that is too large'] as string)).toMatchObject([{ bytes: 8 }])
})
