/** Tests | scenarios with planted bugs for alias, api, leak and the family dma-debug. */

import { memoryTypes } from '../../machines/os/calls.ts'
import { osNumber } from '../../machines/os/types.ts'
import { linearVa } from '../../src/dma/addresses.ts'
import { marked } from '../../src/dma/marks.ts'
import type { DebugClassName } from '../../src/oracle/dma-debug/classes.ts'
import type { DebugOracleName } from '../../src/oracle/dma-debug/index.ts'
import type { OracleName } from '../../src/oracle/index.ts'
import { conversionBytes } from '../../src/scenario/conversion-code.ts'
import { dmaDebugPairs } from '../../src/scenario/dma-debug.ts'
import { debugPlans } from '../../src/scenario/dma-debug-plans.ts'

import { convert, free, newBuffers, type Planted, plan, user } from './planted-plan.ts'

export const contractPlanted = {
  alias: [
    plan('alias', {
      title: 'a store through the linear mapping of a page that is mapped non-cacheable',
      body: ({ asm, dma, parameters: { geometry } }, bug) => {
        const [page] = asm.call('page.alloc', [geometry.pageBytes, user])
        const [va] = asm.call('kernel.map', [page, geometry.pageBytes, memoryTypes.indexOf('non-cacheable'), 0])
        asm.store(bug ? linearVa(dma.env.geometry, page) : va, 1)
        asm.wmb()
        asm.perform('kernel.unmap', [va])
        asm.perform('page.free', [page, geometry.pageBytes])
      },
    }),
  ],
  api: [
    plan('api', {
      title: 'an allocation that may sleep, with interrupts off',
      body: ({ asm, dma, parameters }, bug) => {
        if (bug) asm.disableInterrupts()
        const memory = dma.alloc(conversionBytes(parameters).source)
        if (bug) asm.enableInterrupts()
        dma.free(memory)
      },
    }),
    plan('api', {
      title: 'an operation that returns with a lock',
      also: ['leak'],
      backend: 'linear',
      shared: { locks: ['bench'] },
      body: ({ asm, dma, parameters }) => {
        const memory = dma.alloc(conversionBytes(parameters).source)
        asm.scope(() => {
          const { va } = dma.mmap(memory)
          asm.if(['ne', va, 0], () => dma.munmap(va))
        })
        dma.free(memory)
      },
      edition: {
        name: 'locked-mmap',
        description: 'a failed mmap does not unlock',
        ops: {
          linear: {
            mmap: (asm, env, { handle, bytes, to }) =>
              marked(asm, env, { op: 'mmap', handle, offset: 0, bytes, direction: 'bidirectional' }, () => {
                asm.perform('lock.acquire', [osNumber(asm.os, 'locks', 'bench')])
                asm.set(to.va, 0)
              }),
          },
        },
      },
    }),
  ],
  leak: [
    plan('leak', {
      title: 'a page and a mapping that are forgotten',
      backend: 'linear',
      body: (context, bug) => {
        const buffers = newBuffers(context, 0)
        convert(context, buffers)
        context.dma.unmapSingle(buffers.source.mapping)
        if (bug) buffers.source.free()
        else {
          context.dma.unmapSingle(buffers.target.mapping)
          free(buffers)
        }
      },
    }),
  ],
} satisfies Partial<Readonly<Record<OracleName, readonly [Planted, ...Planted[]]>>>

/** The family of scenarios is what is planted for dma-debug/*. */
export const debugPlanted = Object.fromEntries(
  Object.entries(dmaDebugPairs).map(([name, { correct, twin }]) => [
    `dma-debug/${name}`,
    [{ title: debugPlans[name as DebugClassName].what, correct, twin }],
  ]),
) as unknown as Readonly<Record<DebugOracleName, readonly [Planted]>>
