/** Litmus | the DMA API takes its memory where the test has none, and what it allocates can be used. */

import { describe, expect, test } from 'vitest'
import { parseLitmus } from '../../src/litmus/parse.ts'
import { casesOf, checkCase } from '../../src/run/litmus-check.ts'

/** Names of what is violated. */
function violated(text: string): string[] {
  const whole = `litmus t\n"This asks whether the API works."\n${text}`
  return casesOf(parseLitmus(whole, 't')).flatMap((one) => {
    const { verdict } = checkCase(one, {})
    expect(verdict.isExhaustive).toBe(true)
    return verdict.violations.map(({ property }) => property)
  })
}

describe('memory of the DMA API', () => {
  test('tables of a SYSMMU are not written over the memory of the test', () => {
    const text = `platform { sysmmu M for D version 3.3 off }
memory { key: 1 page = 1\nother: 1 page = 2 }
cpu C0 {
  arm_iommu_attach_device(D)
  h = dma_map_single(D, key, TO_DEVICE)
  e = dma_mapping_error(D, h)
  bell D = h
  poll D.DONE == 1
  dma_unmap_single(D, h, key, TO_DEVICE)
  ld r0 = key[0]
  ld r1 = other[0]
}
device D { registers DONE\nwait BELL != 0\nrd k = [BELL]\nDONE = 1 }
never D.k != 1 || C0.r0 != 1 || C0.r1 != 2
`
    expect(violated(text)).toEqual([])
  })

  const allocation = (platform: string) => `platform { feature no speculation, no eviction\n${platform} }
memory { other: 2 pages = 5 }
cpu C0 {
  v, h = dma_alloc_coherent(D, 8)
  st [v] = 7
  wmb
  bell D = h
  poll D.DONE == 1
  ld r0 = [v + 1]
  dma_free_coherent(D, 8, v, h)
  ld r1 = other[0]
}
device D { registers DONE\nwait BELL != 0\nrd k = [BELL]\nwr [BELL + 1] = 9\nfence\nDONE = 1 }
never D.k != 7 || C0.r0 != 9 || C0.r1 != 5
`
  test('what is allocated belongs to nobody else, and is reached by the address of the kernel', () => {
    expect(violated(allocation(''))).toEqual([])
  })

  test('so it is where the device snoops', () => {
    expect(violated(allocation('coherent D\nbackend D linear-coherent'))).toEqual([])
  })
})
