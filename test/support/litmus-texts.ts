/** Tests | litmus texts: one with everything in it, and forms compared without their places. */

import type { LitmusTest } from '../../src/litmus/form.ts'

/** Uses every construct of the language, and is well formed. */
export const everything = `# What this is about
litmus every-construct/of-the-2nd-kind
"This asks whether \\"all\\" of it is read."
source "torvalds/linux arch/arm/mm/dma-mapping.c 2ffe2da3e716"
class B, C
note "first"
note "second"
param rounds = 1
param mask = 0xff
variants buggy, fixed

platform {
  feature no eviction, tlbPrefetch
  size line 2, page 2, l1-ways 4
  sysmmu M for D version 3.3 off
  iommu N for E, F with queue, tags, walk cache, fault-cache, line fetch
  atc for E
  mmu for C0, C1
  coherent F
  supply M clock on
  supply D clock, power
  backend F dmabounce
}

platform fixed {
  feature flushKeepsClean
}

memory {
  buf: 2 lines = 0
  desc: { body, flag } = 0     # a record: one word per field
  ring: 2 x { body, flag } nc  # an array of records
  wide: 2 x 1 line { a, b }
  n: 1 word next
  m: 2 x 2 words next + 1 so
  odd: 3 words at line + 1 = 1, mask, &buf[1]
  beyond: 1 word far
  p0: 1 page = 1, 2
  p1: 1 page unmapped = 1
  s0: 4 pages at section
  slot: 1 word
  table T0, T1 nc
  io v0, v1
  io v9 at section
  va u0
  map v0 -> p0 in M
  map v9 -> s0 section
  map u0 -> p0 nc
  map v0 -> p0 tag 1
}

locks l, k

cpu C0 {
  st buf[0] = 1 ; ld r0 = buf[0]
  ldrex r0 = buf[0] ; strex.nc r3, buf[0] = r0 + 1 ; clrex
  r3 = cmpxchg(buf[1], 0, 1) ; test_and_set_bit(3, &buf[1]) ; atomic_inc([r2])
  st.nc desc.body = 5 ; ld.so r1 = desc.flag
  st buf = 7 ; st buf[0..1] = 7
  r2 = &buf
  st [r2 + 1] = 3 ; ld r3 = [r2]
  st ring[r0].flag = &buf
  clean buf ; inv buf@L1 ; flush buf[0..1]@L2 ; evict buf@L2 ; spec buf
  dmb ; dsb ; isb ; wmb ; rmb ; mb ; drain
  pte v0 = p0 ; pte v0 = 0 ; pte.nc v1 = p1 read-only ; pte v0 = large s0 ; pte v0 = p0 so
  pd 0 = T0 ; pd (r0 + 1) = 0 ; pd v0 = section s0 ; clean pte v0 ; clean pd 0 ; clean T0
  pte v0 in N tag 1 = p0
  dte E[0] = 1 ; st T0[1] = p1 ; st T0[0] = page p0 nc
  tlbi v0 in M ; tlbi all in N ; tlbi tag 1 in N ; tlbi v0 tag 1 in N ; tlbi walks in N
  tlbsync in M ; tlbsync slot = 1 in N ; tlbsync in N max 2 else { nop }
  atc E v0 ; atc E ; block M ; unblock M ; enable M ; disable M ; root 1 in N
  clk+ M ; clk- M ; pwr+ D ; pwr- D
  mmio.w D.GO = 1 ; mmio.r r0 = D.STATUS ; mmio.r r0 = N.FAULT_STATUS ; mmio.w M.INT_CLEAR = r0 ; bell D ; bell D = &desc
  own->dev buf FROM_DEVICE ; own->cpu buf FROM_DEVICE for D ; done buf ; queued buf[0]
  alloc p0 for page-table ; free p0 ; iova+ v0 ; iova- v0 in M
  h = dma_map_single(D, buf, FROM_DEVICE) ; dma_unmap_single(D, h, buf, FROM_DEVICE)
  a, b = dma_alloc_coherent(D, 64)
  lock l ; unlock l
  r0 = r1 + 1 << 2 & mask
  if r0 == 1 { nop } else if !(r0 == 2 || r1 > 3) { dsb } else { nop }
  while r0 != 1 max 3 { r0 = r0 + 1 }
  repeat 2 { nop }
  poll D.STATUS == 1 ; poll M.STATUS & 1 == 1
  poll D.STATUS until value & 2 != 0
  poll.nc desc.flag & 1 == 1 max rounds else {
    nop
  }
  wait irq ; irqs off ; irqs on ; faults
  assert r0 == 1 "a \\\\ and\\ta \\n"
  variant fixed { dsb }
}

isr C0 {
  mmio.w D.ACK = 1
}

cpu C1 thread T { ld r1 = buf[0] }
cpu C1 thread U { nop }

device D {
  registers GO, STATUS, FB1 = 1
  registers ACK
  on ACK { lower ; STATUS = 0 }
  wait BELL == 1
  rd r0 = v0[0] ; rd r1 = @desc.flag ; wr v0 = 7 ; wr [r0 + 1] = 2 ; wr @[r0] = 1
  fence
  walk v0
  STATUS = 1 ; raise ; lower
  while 1 {
    wait GO == 1
  }
}

device E { nop }
device F { nop }

never C0.r0 == 0 && T.r1 == 1
always buggy, fixed: memory buf[0] < 8
sometimes C0 buf[0] == 1 || memory pte v0 != 0
never buggy: fault D multi-hit write at v0
never fault

expect buggy: violated fresh-load
expect buggy without speculation: holds
expect fixed with loadReordering with rounds = 2: holds
expect buggy with E.coherent, tlb = 0, l1-sets = 1 without N.walk-cache, E.atc, M.clock: violated
expect fixed: violated only never, sometimes
`

/** The same without the places, which texts have and made tests do not. */
export function placeless<Form>(form: Form): Form {
  return JSON.parse(JSON.stringify(form, (key, value) => (key === 'at' ? undefined : value)))
}

/** A test with this in the program of its core C0; there are memory `buf`, `desc` and a device `D` too. */
export function aroundStatement(statement: string): string {
  return `litmus around
"This asks whether it is read."
memory {
  buf: 2 lines
  desc: { body, flag }
  p0: 1 page
  io v0
}
locks l
cpu C0 {
  r0 = 0
  ${statement}
}
device D {
  registers GO, STATUS
  wait BELL == 1
}
`
}

/** Line and column of `statement` in `aroundStatement`. */
export const statementPlace = { line: 12, column: 3 } as const

/** A test without anything. */
export const emptyTest: LitmusTest = {
  name: 'empty',
  question: 'This asks whether nothing is enough.',
  classes: [],
  notes: [],
  parameters: [],
  variants: ['main'],
  platform: { features: [], sizes: [], units: [] },
  memory: [],
  locks: [],
  actors: [{ actor: 'cpu', name: 'C0', body: [{ do: 'nop' }] }],
  conditions: [],
  expectations: [],
}
