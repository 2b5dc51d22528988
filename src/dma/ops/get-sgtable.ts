/** DMA | get_sgtable: the pages of an allocation as a scatter list, for another device to map. */

import type { Operand } from '../../../machines/cpu/micro-op.ts'
import { errno } from '../../../machines/os/calls.ts'
import { pageAlign, pageCountOf } from '../addresses.ts'
import type { Assembler } from '../assembler.ts'
import { marked } from '../marks.ts'
import { add, eq, isZero, sub } from '../operands.ts'
import { deviceNumber } from '../reach.ts'
import type { DmaEnv, DmaOperation, GetSgtableArgs, Lowering } from '../types.ts'

/** One entry for a block. */
function blockList(asm: Assembler, { to }: GetSgtableArgs, addr: Operand, bytes: Operand, fail: () => void): void {
  asm.call('sg.alloc', [1], [to.sg])
  asm.if(isZero(to.sg), fail)
  asm.perform('sg.set', [to.sg, 0, addr, bytes])
  asm.set(to.entries, 1)
}

/** One entry for each run of pages that follow each other; the list has room for all. */
export function arrayList(
  asm: Assembler,
  env: DmaEnv,
  { to }: GetSgtableArgs,
  array: Operand,
  pages: Operand,
  fail: () => void,
): void {
  const { pageBytes } = env.geometry
  asm.call('sg.alloc', [pages], [to.sg])
  asm.if(isZero(to.sg), fail)
  const start = asm.set(asm.temp(), 0)
  const bytes = asm.set(asm.temp(), 0)
  asm.set(to.entries, 0)
  asm.times(pages, (index) =>
    asm.scope(() => {
      const [page] = asm.call('array.get', [array, index])
      asm.block((joined) => {
        asm.block((apart) => {
          asm.if(isZero(bytes), apart)
          asm.if(eq(page, add(start, bytes)), () => {
            asm.set(bytes, add(bytes, pageBytes))
            joined()
          })
        })
        asm.set(start, page)
        asm.set(bytes, pageBytes)
        asm.set(to.entries, add(to.entries, 1))
      })
      asm.perform('sg.set', [to.sg, sub(to.entries, 1), start, bytes])
    }),
  )
}

/** `dma.call` to `dma.return` around it; `body` leaves with the status it has set, -ENXIO to begin with. */
export function markedGetSgtable(
  asm: Assembler,
  env: DmaEnv,
  args: GetSgtableArgs,
  body: (leave: () => void) => void,
): void {
  const { handle, attrs, to } = args
  const bytes = pageAlign(env.geometry, args.bytes)
  const call = { op: 'get-sgtable', kind: 'coherent', handle, offset: 0, bytes, direction: 'bidirectional' } as const
  const run = () =>
    asm.block((leave) => {
      asm.set(to.sg, 0)
      asm.set(to.entries, 0)
      asm.set(to.status, errno.ENXIO)
      body(leave)
      asm.set(to.status, errno.ok)
    })
  asm.step('get_sgtable', () => marked(asm, env, { ...call, attrs }, run, { result: to.status }))
}

const lowering: Lowering<GetSgtableArgs> = (asm, env, args) =>
  markedGetSgtable(asm, env, args, (leave) => {
    const bytes = pageAlign(env.geometry, args.bytes)
    const [found, , addr, , , , array] = asm.call('mapping.find', [deviceNumber(env), args.handle, bytes])
    asm.if(isZero(found), leave)
    asm.set(args.to.status, errno.ENOMEM)
    asm.if(
      isZero(array),
      () => blockList(asm, args, addr, bytes, leave),
      () => arrayList(asm, env, args, array, pageCountOf(env.geometry, bytes), leave),
    )
  })

export const getSgtable: DmaOperation<'get_sgtable'> = {
  name: 'get_sgtable',
  description: 'Makes a scatter list of the pages of an allocation; pages that follow each other are one entry.',
  context: 'may-sleep',
  ownership: 'unchanged',
  lowerings: {
    linear: lowering,
    'linear-coherent': lowering,
    iommu: lowering,
    'iommu-coherent': lowering,
    dmabounce: lowering,
  },
}
