/** Litmus | the root of a violation, oracle by oracle: who wrote, where the value stayed, which step is likely missing. */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parseLitmus } from '../../src/litmus/parse.ts'
import { type Root, rootText } from '../../src/oracle/root.ts'
import { caseName, casesOf, checkCase, type LitmusCase, verifyCase } from '../../src/run/litmus-check.ts'

function checked(name: string, folder = 'corpus') {
  const [file = ''] = name.split('/')
  const parsed = parseLitmus(readFileSync(join(import.meta.dirname, folder, `${file}.litmus`), 'utf8'), file)
  const one = casesOf(parsed).find((each) => caseName(each) === name)
  if (!one) throw new Error(`no case ${name}`)
  return { one, verdict: checkCase(one, { statesMax: 100_000 }).verdict }
}

const rows: readonly [name: string, property: string, root: object][] = [
  [
    'l2x0-store-buffer-not-drained/buggy',
    'fresh-dma-read',
    {
      wrote: 'cpu0',
      stayed: 'the value stayed in the buffer before memory',
      reader: 'd',
      kind: 'outer-sync',
      by: 'cpu0',
    },
  ],
  [
    'mpcore-cacheops-not-broadcast/buggy_to',
    'fresh-dma-read',
    { wrote: 'cpu0', stayed: 'the value stayed in l1d0', reader: 'd', kind: 'clean', by: 'cpu0' },
  ],
  [
    'arm-v7-from-device-prefetch/buggy',
    'fresh-load',
    { wrote: 'd', stayed: 'an older copy stayed in l1d0 and l2', reader: 'cpu0', kind: 'invalidate', by: 'cpu0' },
  ],
  [
    'mx28-spi-dirty-eviction/buggy',
    'no-lost-write',
    {
      wrote: 'd',
      stayed: 'an older copy stayed dirty in a cache, since cpu0 stored to its line at step 1',
      reader: 'l2',
      kind: 'clean',
      by: 'cpu0',
    },
  ],
  [
    'ppc-edge-line-invalidate/buggy',
    'no-lost-write',
    { wrote: 'cpu0', stayed: 'the last copy of it was in l1d0', reader: 'l1d0', kind: 'clean', by: 'cpu0' },
  ],
  [
    'lit-deferred-window/buggy',
    'live-translation',
    {
      wrote: 'cpu0',
      stayed: 'the translation of 0x2000_0000 stayed in m',
      reader: 'd',
      kind: 'tlb-invalidate',
      by: 'cpu0',
    },
  ],
  [
    's5p-unmap-order-underflow/buggy',
    'page-owner',
    { wrote: 'd', stayed: 'the access was still under way', reader: 'd', kind: 'stop-device', by: 'd' },
  ],
  [
    'ep93xx-tx-copy-after-handover/buggy',
    'ownership',
    {
      wrote: 'cpu0',
      stayed: "the buffer was in the other side's period",
      reader: 'cpu0',
      kind: 'hand-over',
      by: 'cpu0',
    },
  ],
  [
    's5p-sysmmu-regs-unclocked/buggy',
    'assertion',
    { wrote: 'cpu0', stayed: 'the clock of m was off', reader: 'm', kind: 'power', by: 'cpu0' },
  ],
]

describe('roots', () => {
  test.each(rows)('%s, %s', (name, property, expected) => {
    const { verdict } = checked(name)
    const root = verdict.violations.find((run) => run.property === property)?.root
    if (!root) throw new Error('no root')
    const { wrote, stayed, reader, missing } = root
    expect({ wrote: wrote.actor, stayed, reader: reader.actor, kind: missing.kind, by: missing.actor }).toEqual(
      expected,
    )
    expect(missing.after).toBeLessThan(missing.before)
    expect(wrote.step).toBeLessThanOrEqual(reader.step)
    expect(missing.verified).toBeUndefined()
  })

  test('what only had not arrived yet is no root until the search says so', () => {
    const { one, verdict } = checked('hsmmc-ack-still-posted/buggy')
    expect(verdict.violations[0]?.root).toBeUndefined()
    const root = verifyCase(one, verdict).violations[0]?.root
    expect(root).toMatchObject({
      basis: 'waited',
      missing: { kind: 'read-back', verified: { outcome: 'holds', left: [] } },
    })
  })

  test('nothing is claimed where no step helps', () => {
    const { one, verdict } = checked('ftgmac100-ring-line-sharing/buggy')
    const tried = verifyCase(one, verdict, { triesMax: 20 })
    expect(tried.violations.map(({ root }) => root?.missing.verified)).toEqual(verdict.violations.map(() => undefined))
  })

  test('two stores past the caches in the wrong order: which goes first, whatever property is violated', () => {
    const { one, verdict } = checked('macb-ctrl-after-used/buggy', 'bugs')
    const roots = verifyCase(one, verdict).violations.map(({ property, root }) => ({ property, root }))
    expect(roots.map(({ property }) => property)).toEqual(['no-lost-write', 'never'])
    for (const { root } of roots) {
      expect(root).toMatchObject({
        wrote: { actor: 'cpu0', step: 2 },
        stayed: 'the value stayed in the buffer before memory until step 14',
        reader: { actor: 'd', step: 13 },
        missing: {
          kind: 'store-order',
          verified: { steps: 'st d.ctrl = 0 ; dmb', moved: true, before: 'st d.addr = 0', outcome: 'holds' },
        },
      })
    }
  })

  test('two stores past the caches in the right order, and nothing between: a barrier before the second', () => {
    const text = `litmus swapped "This asks whether it is swapped."
      memory { d: { flag, data } nc }
      cpu C0 { st d.data = 7 ; st d.flag = 1 }
      device D { rd f = d.flag ; if f == 1 { rd x = d.data } }
      sometimes D.f == 1
      never D.f == 1 && D.x == 0`
    const [one] = casesOf(parseLitmus(text, 'swapped'))
    const root = verifyCase(one as NonNullable<typeof one>, checkCase(one as NonNullable<typeof one>).verdict)
      .violations[0]?.root
    expect(root?.missing).toMatchObject({ kind: 'dsb', after: 1, before: 2 })
    expect(root?.missing.verified).toMatchObject({ after: 'st d.data = 7', outcome: 'holds' })
  })

  /** What is said of one device behind an IOMMU, whose page is unmapped like this and given back. */
  function unmapped(unmap: string, options = '', more = ''): Root | undefined {
    const text = `litmus unmapped "This asks what is missing."
      platform { feature no speculation, no eviction, no l2 ; iommu M for D ${options} ; ${more} }
      memory { buf: 1 page nc ; io v ; map v -> buf nc }
      cpu C0 { faults ; bell D ; ${unmap} ; free buf }
      device D { wait BELL == 1 ; wr v = 1 }
      expect: holds`
    const [one] = casesOf(parseLitmus(text, 'unmapped')) as [LitmusCase]
    return verifyCase(one, checkCase(one).verdict).violations[0]?.root
  }

  test('a table entry that the invalidation overtakes: a barrier behind it, and not another wait', () => {
    const root = unmapped('pte.nc v = 0 ; tlbi v ; tlbsync')
    expect(root).toMatchObject({ wrote: { actor: 'cpu0', step: 3 }, missing: { kind: 'dsb', actor: 'cpu0' } })
    expect(root?.missing.verified).toMatchObject({ steps: 'dsb', after: 'pte.nc v = 0', outcome: 'holds' })
  })

  test('an invalidation that nobody waits for: the wait, right behind it', () => {
    for (const options of ['', 'with queue']) {
      expect(unmapped('pte.nc v = 0 ; dsb ; tlbi v', options)?.missing).toMatchObject({
        kind: 'tlb-sync',
        verified: { steps: 'tlbsync', after: 'tlbi v', outcome: 'holds' },
      })
    }
    const cache = unmapped('pte.nc v = 0 ; dsb ; tlbi v ; tlbsync ; atc D v', '', 'atc for D')
    expect(cache?.missing).toMatchObject({
      kind: 'tlb-sync',
      verified: { steps: 'tlbsync', after: 'atc D v', outcome: 'holds' },
    })
    // The sentence has a verb, whatever is known of the write.
    expect(rootText(cache as Root)).toMatch(/^cpu0 (wrote|accessed) /)
    expect(cache?.missing.after).toBeLessThan(cache?.missing.before as number)
  })

  test('where two steps are missing, both are named, and the one that the other would have met first comes first', () => {
    const { one, verdict } = checked('xen-xsa321-dirty-pte/buggy')
    const verified = { and: { steps: 'clean T[0]' }, steps: 'clean pd 0', outcome: 'holds' }
    for (const { root } of verifyCase(one, verdict).violations)
      expect(root?.missing).toMatchObject({ kind: 'clean', verified })
  })

  test('the place is said as the file has it', () => {
    const { one, verdict } = checked('arm-v7-from-device-prefetch/buggy')
    expect(verifyCase(one, verdict).violations[0]?.root?.missing.verified).toMatchObject({
      steps: 'inv buf',
      actor: 'C0',
      after: 'own->cpu buf FROM_DEVICE',
      before: 'ld r1 = buf',
      outcome: 'holds',
    })
  })

  test('no more programs are tried than allowed', () => {
    const { one, verdict } = checked('arm-v7-from-device-prefetch/buggy')
    expect(verifyCase(one, verdict, { triesMax: 0 })).toEqual(verdict)
    expect(verifyCase(one, verdict, { stop: () => true })).toEqual(verdict)
  })
})
