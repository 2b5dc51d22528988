/** Unit | frame-intact and the pictures with two engines, whose frames have the same numbers. */

import { expect, test } from 'vitest'
import { FrameWatcher, type SeenFrame } from '../../../src/run/frames.ts'
import { fromDevice, Platform } from '../../mutant/platform.ts'

const two = { devices: ['fimc0', 'fimc1'], mmus: ['sysmmu0', 'sysmmu1'] }
const frameOf = (device: string) => ({ device, frame: 0, slot: 0 })

// Goal: what one engine says of its frame is not said of the other's. Method: fimc1 gives its frame 0 up, or ends it, while
// fimc0 writes its own frame 0, all of it.
test.each([
  ['given up', false, true, []],
  ['ended', true, false, ['frame-intact']],
] as const)('a frame %s by the other engine', (_what, ok, ends, fired) => {
  const p = new Platform(two)
  const buffer = p.map(0, 0x20000000, 0x40000080, 32, fromDevice)
  p.queue(0, buffer)
  p.frameStart(buffer, 0)
  p.emit('fimc1', { type: 'frame.start', ...frameOf('fimc1'), planes: [0x20000080] })
  for (let i = 0; i < 8; i++) p.deviceWrite(buffer.handle + i * 4, i)
  p.emit('fimc1', { type: 'frame.end', ...frameOf('fimc1'), ok })
  if (ends) p.frameEnd(0)
  p.done(0, buffer)
  p.keepAll()
  expect(p.end().fired()).toEqual(fired)
})

test('each engine has its own picture in hand', () => {
  const seen: SeenFrame[] = []
  const watcher = new FrameWatcher({ pageBytes: 4096, lineBytes: 32 }, (frame) => seen.push(frame))
  const handles = [0x20000000, 0x20001000]
  const watch = (emitted: object[]) => watcher.watch({ emitted } as unknown as Parameters<typeof watcher.watch>[0])
  const mark = (name: string, args: object) => watch([{ type: 'cpu.mark', name, args }])
  handles.forEach((handle, n) => {
    mark('dma.page', { handle, iova: handle, addr: 0x40000000 + n * 4096 })
  })
  handles.forEach((handle, n) => {
    watch([{ type: 'frame.start', ...frameOf(`fimc${n}`), planes: [handle] }])
  })
  handles.forEach((handle, n) => {
    watch([{ type: 'frame.burst', ...frameOf(`fimc${n}`), addr: handle, data: [n + 1] }])
  })
  handles.forEach((_handle, n) => {
    watch([{ type: 'frame.end', ...frameOf(`fimc${n}`), ok: true }])
  })
  handles.forEach((handle, n) => {
    mark('frame.read', { handle, bytes: 4, index: n })
    watch([{ type: 'cpu.load', addr: 0x40000000 + n * 4096, data: [n + 1] }])
    mark('frame.consumed', { handle, bytes: 4, index: n })
  })
  expect(seen.map(({ index, wrong }) => [index, wrong])).toEqual([
    [0, []],
    [1, []],
  ])
})
