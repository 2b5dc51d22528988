/** Contract | the buffers of videobuf2: which calls of the DMA API each kind makes, in order, as docs/videobuf2.md lists them. */

import { describe, expect, test } from 'vitest'
import type { CpuMark } from '../../machines/protocol.ts'
import { resolveOptions } from '../../src/run/options.ts'
import { runScenario } from '../../src/run/run.ts'

/** What a run asks of the API, queues and finds done: calls that are part of another call are left out. */
function callsOf(scenario: string, frames: number): string[] {
  const calls: string[] = []
  let inside = 0
  const options = resolveOptions({ scenario, geometry: 'litmus', frames, policy: 'off', seed: 1 })
  runScenario(options, {
    runtime: 'sim',
    watchers: [
      ({ emitted }) => {
        for (const event of emitted) {
          const { type, name, args, program } = event as unknown as CpuMark
          if (type !== 'cpu.mark') continue
          if (name === 'buffer.queued') calls.push('queued')
          if (name === 'buffer.done' && calls.at(-1) !== 'done') calls.push('done')
          if (program !== 'main' || (name !== 'dma.call' && name !== 'dma.return')) continue
          const isPart = args.kind === 'sg' && !String(args.op).includes('sg')
          if (isPart) continue
          inside += name === 'dma.call' ? 1 : -1
          const attrs = args.attrs === undefined ? '' : ` ${args.attrs}`
          if (name === 'dma.call' && inside === 1) calls.push(`${args.op}${attrs}`)
        }
      },
    ],
  })
  // The checks of handles are the driver's own.
  return calls.filter((call) => call !== 'mapping-error')
}

const skip = ' skip-cpu-sync'

describe('later than v3.6', () => {
  test('MMAP: alloc_attrs, mmap_attrs, nothing around a use, free_attrs', () => {
    expect(callsOf('fimc-capture-mmap', 1)).toEqual([
      'alloc write-combine',
      'mmap write-combine',
      'queued',
      'done',
      'free write-combine',
    ])
  })

  test('USERPTR: map_sg_attrs once, syncs around each use, unmap_sg_attrs', () => {
    const use = ['sync-sg-for-device', 'queued', 'done', 'sync-sg-for-cpu']
    expect(callsOf('vb2-userptr', 1)).toEqual([`map-sg${skip}`, ...use, `unmap-sg${skip}`])
    // Both queues of a conversion: OUTPUT first.
    const conversion = [
      'sync-sg-for-device',
      'sync-sg-for-device',
      'queued',
      'queued',
      'done',
      'sync-sg-for-cpu',
      'sync-sg-for-cpu',
    ]
    expect(callsOf('vb2-m2m', 2)).toEqual([
      ...[`map-sg${skip}`, `map-sg${skip}`],
      ...conversion,
      ...conversion,
      ...[`unmap-sg${skip}`, `unmap-sg${skip}`],
    ])
  })

  test('DMABUF: get_sgtable of the exporter, map_sg once, nothing around a use, unmap_sg at detach', () => {
    expect(callsOf('vb2-dmabuf', 2)).toEqual([
      ...['map', 'alloc write-combine', 'get-sgtable write-combine', `map-sg${skip}`],
      ...['queued', 'queued', 'done', 'queued', 'queued', 'done'],
      ...[`unmap-sg${skip}`, 'free write-combine', 'unmap'],
    ])
  })
})

describe('v3.6', () => {
  test('MMAP: alloc, a remap that is no call of the API, free', () => {
    expect(callsOf('fimc-capture-mmap-remapped', 1).filter((call) => !/queued|done/.test(call))).toEqual([
      'alloc write-combine',
      'free write-combine',
    ])
  })

  test('USERPTR: no maintenance, whoever uses the buffer', () => {
    for (const scenario of ['vb2-m2m-v36', 'vb2-userptr-no-maintenance']) {
      expect(callsOf(scenario, 1).filter((call) => call.startsWith('sync'))).toEqual([])
    }
  })
})
