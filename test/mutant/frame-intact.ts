/** Tests | mutants of frame-intact. */

import type { Mutant } from './mutant.ts'
import { fromDevice, type Mapping, type Platform } from './platform.ts'

function queued(p: Platform): Mapping {
  const buffer = p.map(0, 0x20000000, 0x40000080, 32, fromDevice)
  p.queue(0, buffer)
  return buffer
}

function consume(p: Platform, buffer: Mapping): void {
  p.syncForCpu(0, buffer)
  p.read(0, buffer)
}

export const frameIntact: readonly Mutant[] = [
  {
    title: 'torn: words of the frame are missing',
    steps(p, planted) {
      const buffer = queued(p)
      p.capture(buffer, 0, 30, planted ? 7 : 8)
      p.done(0, buffer)
      consume(p, buffer)
    },
  },
  {
    title: 'late: delivered before the last write was acknowledged',
    also: ['ownership'],
    steps(p, planted) {
      const buffer = queued(p)
      p.frameStart(buffer, 3)
      for (let i = 0; i < 8; i++) {
        if (i === 7 && planted) p.done(0, buffer)
        p.deviceWrite(buffer.handle + i * 4, i)
      }
      p.frameEnd(3)
      if (!planted) p.done(0, buffer)
      consume(p, buffer)
    },
  },
  {
    title: 'mixed: bursts of another frame among its own',
    steps(p, planted) {
      const buffer = queued(p)
      p.frameStart(buffer, 1)
      for (let i = 0; i < 8; i++) {
        const frame = planted && i > 3 ? 2 : 1
        const addr = buffer.handle + i * 4
        p.emit('fimc0', { type: 'frame.burst', device: 'fimc0', frame, slot: 0, addr, data: [i] })
        p.deviceWrite(addr, i)
      }
      p.frameEnd(1)
      p.done(0, buffer)
    },
  },
  {
    title: 'mixed: only a part of the next frame landed over the one before',
    steps(p, planted) {
      const buffer = queued(p)
      p.capture(buffer, 0, 10)
      p.capture(buffer, 1, 40, planted ? 3 : 8)
      p.done(0, buffer)
    },
  },
  {
    title: 'overwritten: the slot stays in use after delivery',
    also: ['ownership'],
    steps(p, planted) {
      const buffer = queued(p)
      p.capture(buffer, 0, 10)
      p.done(0, buffer)
      p.syncForCpu(0, buffer)
      if (planted) p.capture(buffer, 1, 60)
    },
  },
  {
    title: 'overwritten: a CPU store before the frame is read',
    steps(p, planted) {
      const buffer = queued(p)
      p.capture(buffer, 0, 10)
      p.done(0, buffer)
      p.syncForCpu(0, buffer)
      if (planted) p.store(0, buffer.addr + 4, 1)
      p.read(0, buffer)
    },
  },
  {
    title: 'a buffer delivered that no frame was written to',
    steps(p, planted) {
      const other = p.map(0, 0x20000040, 0x400000c0, 16, fromDevice)
      const buffer = queued(p)
      p.queue(0, other)
      p.capture(other, 0, 10)
      p.done(0, other)
      if (!planted) p.capture(buffer, 1, 20)
      p.done(0, buffer)
    },
  },
]
