/** Tests | whole scenarios with one planted bug for each oracle, and their clean twins. */

import { osNumber } from '../../machines/os/types.ts'
import { maintainL1, maintainL2, maintenanceSteps } from '../../src/dma/maintenance.ts'
import { add } from '../../src/dma/operands.ts'
import type { Edition } from '../../src/dma/types.ts'
import type { OracleName } from '../../src/oracle/index.ts'
import { type ProgramContext, twinOf } from '../../src/scenario/build.ts'
import { conversionBytes } from '../../src/scenario/conversion-code.ts'
import { fimcCaptureUserptr } from '../../src/scenario/fimc-capture-userptr.ts'

import { contractPlanted, debugPlanted } from './planted-contract.ts'
import {
  convert,
  convertOnce,
  free,
  look,
  newBuffers,
  type Plan,
  type Planted,
  plan,
  unmap,
  user,
} from './planted-plan.ts'

const nothing = () => {}

function edition(name: string, steps: NonNullable<Edition['steps']>): Edition {
  return { name, description: name.replaceAll('-', ' '), steps }
}

/** `cpuToDev` as it is for a source, and nothing for a target. */
const sourcesOnly: NonNullable<Edition['steps']>['cpuToDev'] = (asm, env, range) => {
  if (range.direction === 'to-device') maintenanceSteps.cpuToDev(asm, env, range)
}

/**
 * Two conversions whose buffers have the same IO addresses and different pages; the first pages belong to a user by then.
 * Without TLB invalidation the second conversion goes where the first one went.
 */
function convertElsewhere(context: ProgramContext): void {
  const { asm, parameters } = context
  const first = newBuffers(context, 0)
  convert(context, first)
  unmap(context, first)
  look(context, first, 0)
  free(first)
  const pageBytes = parameters.geometry.pageBytes
  const pages = [0, 1].map(() => asm.call('page.alloc', [pageBytes, user])[0])
  const second = newBuffers(context, 1)
  convert(context, second)
  unmap(context, second)
  look(context, second, 1)
  free(second)
  for (const page of pages) asm.perform('page.free', [page, pageBytes])
}

const staleTlb = {
  body: convertElsewhere,
  edition: edition('no-invalidation', { invalidate: nothing }),
} satisfies Partial<Plan>

const forgotten = twinOf(fimcCaptureUserptr, {
  id: 'planted-sleep',
  question: 'This asks what becomes of a core that sleeps while its interrupts are enabled nowhere.',
  violates: ['progress'],
  drop: (path) => path.includes('interrupt controller'),
})

/** At least one for every oracle: an oracle without one does not compile. */
export const planted: Readonly<Record<OracleName, readonly [Planted, ...Planted[]]>> = {
  ...debugPlanted,
  ...contractPlanted,
  'fresh-load': [
    plan('fresh-load', {
      title: 'no maintenance of a target, whose lines the CPU has in its cache',
      body: (context) => convertOnce(context, 'loads'),
      edition: edition('targets-forgotten', { cpuToDev: sourcesOnly, devToCpu: nothing }),
    }),
    plan('fresh-load', {
      title: 'the same without a SYSMMU',
      backend: 'linear',
      body: (context) => convertOnce(context, 'loads'),
      edition: edition('targets-forgotten', { cpuToDev: sourcesOnly, devToCpu: nothing }),
    }),
  ],
  'fresh-dma-read': [
    plan('fresh-dma-read', {
      title: 'a source that is not cleaned',
      body: (context) => convertOnce(context),
      edition: edition('sources-forgotten', {
        cpuToDev: (asm, env, range) => {
          if (range.direction !== 'to-device') maintenanceSteps.cpuToDev(asm, env, range)
        },
      }),
    }),
    plan('fresh-dma-read', {
      title: 'a source that is cleaned out of the L1 alone',
      backend: 'linear',
      body: (context) => convertOnce(context),
      edition: edition('inner-only', { cpuToDev: (asm, env, range) => maintainL1(asm, env, 'clean', range) }),
    }),
  ],
  'no-lost-write': [
    plan('no-lost-write', {
      title: 'dirty lines of a target cleaned over what the device wrote',
      also: ['fresh-load'],
      body: (context) => convertOnce(context, 'stores'),
      edition: edition('cleans-afterwards', {
        cpuToDev: sourcesOnly,
        devToCpu: (asm, env, range) => {
          maintainL1(asm, env, 'clean', range)
          maintainL2(asm, env, 'clean', range)
        },
      }),
    }),
  ],
  ownership: [
    plan('ownership', {
      title: 'a store to the source while the device reads it',
      body: (context, bug) => {
        const buffers = newBuffers(context, 0)
        convert(context, buffers, () => {
          if (bug) context.asm.store(buffers.source.va, 1)
        })
        unmap(context, buffers)
        free(buffers)
      },
    }),
    plan('ownership', {
      title: 'a second core that reads the picture without being told that it is there',
      also: ['fresh-load'],
      shared: { flags: ['there', 'read'] },
      body: (context) => {
        const { asm } = context
        const buffers = newBuffers(context, 0)
        asm.flagSet('there', buffers.target.va)
        convert(context, buffers)
        unmap(context, buffers)
        asm.flagSet('read', 1)
        asm.poll({ read: () => asm.flagGet('read'), until: (read) => ['eq', read, 2] })
        asm.dmb()
        free(buffers)
      },
      other: ({ asm, parameters }, bug) => {
        asm.poll({ read: () => asm.flagGet('there'), until: (va) => ['ne', va, 0] })
        if (!bug) asm.poll({ read: () => asm.flagGet('read'), until: (read) => ['eq', read, 1] })
        asm.dmb()
        asm.loadRange(asm.flagGet('there'), conversionBytes(parameters).target)
        if (bug) asm.poll({ read: () => asm.flagGet('read'), until: (read) => ['eq', read, 1] })
        asm.dmb()
        asm.flagSet('read', 2)
      },
    }),
  ],
  'live-translation': [
    plan('live-translation', {
      ...staleTlb,
      title: 'a translation that outlives its unmap in the TLB, and is used',
      also: ['iova-unique', 'page-owner', 'frame-intact'],
    }),
  ],
  'page-owner': [
    plan('page-owner', {
      ...staleTlb,
      title: 'a page that belongs to a user by the time the device gets at it',
      also: ['iova-unique', 'live-translation', 'frame-intact'],
    }),
    plan('page-owner', {
      title: 'pages freed before the device gets at them, without a SYSMMU to stop it',
      backend: 'linear',
      body: (context, bug) => {
        const buffers = newBuffers(context, 0)
        if (!bug) convert(context, buffers)
        unmap(context, buffers)
        free(buffers)
        if (bug) convert(context, buffers)
      },
    }),
  ],
  'iova-unique': [
    plan('iova-unique', {
      ...staleTlb,
      title: 'an IO address handed out while the TLB knows its old page',
      also: ['live-translation', 'page-owner', 'frame-intact'],
    }),
  ],
  'no-fault': [
    plan('no-fault', {
      title: 'an IO address beyond the mapping',
      also: ['progress'],
      body: (context, bug) => {
        const buffers = newBuffers(context, 0)
        const { mapping } = buffers.target
        const beyond = { ...mapping, handle: add(mapping.handle, context.parameters.geometry.pageBytes) }
        const target = { ...buffers.target, mapping: beyond, handle: beyond.handle }
        convert(context, bug ? { ...buffers, target } : buffers)
        unmap(context, buffers)
        free(buffers)
      },
    }),
  ],
  'frame-intact': [
    plan('frame-intact', {
      title: 'a store into a finished picture before it is looked at',
      body: (context, bug) => {
        const buffers = newBuffers(context, 0)
        convert(context, buffers)
        unmap(context, buffers)
        if (bug) context.asm.store(buffers.target.va, 0x77)
        look(context, buffers, 0)
        free(buffers)
      },
    }),
  ],
  progress: [
    plan('progress', {
      title: 'a lock that is never given back',
      shared: { locks: ['bench'], flags: ['taken'] },
      body: ({ asm }, bug) => {
        const number = osNumber(asm.os, 'locks', 'bench')
        asm.perform('lock.acquire', [number])
        asm.flagSet('taken', 1)
        if (!bug) asm.perform('lock.release', [number])
      },
      other: ({ asm }) => {
        asm.poll({ read: () => asm.flagGet('taken'), until: (taken) => ['ne', taken, 0] })
        asm.lock('bench', nothing)
      },
    }),
    { title: 'a core that sleeps with its interrupts enabled nowhere', correct: fimcCaptureUserptr, twin: forgotten },
  ],
  assertion: [
    plan('assertion', {
      title: 'a load through a user mapping that is gone',
      body: ({ asm, dma, parameters }, bug) => {
        const memory = dma.alloc(conversionBytes(parameters).source, ['write-combine'])
        const { va } = dma.mmap(memory)
        if (!bug) asm.assert(['eq', asm.load(va), 0], 'new memory is zero')
        dma.munmap(va)
        if (bug) asm.load(va)
        dma.free(memory)
      },
    }),
  ],
}
