/** Tests | mutants of ownership. */

import type { Mutant } from './mutant.ts'
import { fromDevice, type Mapping, type Platform, toDevice } from './platform.ts'

function received(p: Platform, core = 0): Mapping {
  const buffer = p.map(core, 0x20000000, 0x40000080, 16, fromDevice)
  p.queue(core, buffer)
  p.capture(buffer, 0, 20)
  p.done(core, buffer)
  return buffer
}

export const ownership: readonly Mutant[] = [
  {
    title: 'a load before the buffer is handed back, which happens to be right',
    steps(p, planted) {
      const buffer = received(p)
      if (planted) p.load(0, buffer.addr)
      p.syncForCpu(0, buffer)
      p.load(0, buffer.addr)
    },
  },
  {
    title: 'a store to a transmit buffer in the device period; reading it is allowed',
    steps(p, planted) {
      const buffer = p.map(0, 0x20000000, 0x40000080, 16, toDevice)
      p.queue(0, buffer)
      p.load(0, buffer.addr)
      if (planted) p.store(0, buffer.addr, 1)
      p.deviceRead(buffer.handle + 8)
      p.done(0, buffer)
    },
  },
  {
    title: 'the device writes a buffer that was handed back',
    also: ['frame-intact'],
    steps(p, planted) {
      const buffer = received(p)
      p.syncForCpu(0, buffer)
      if (planted) p.deviceWrite(buffer.handle, 99)
      p.load(1, 0x40000200)
    },
  },
  {
    title: 'another core touches the buffer without a lock, and only luck put it before the hand-over',
    steps(p, planted) {
      const buffer = received(p)
      p.syncForCpu(0, buffer)
      p.emit('os', { type: 'os.sync', core: 0, object: 'lock:1', edge: 'release' })
      if (!planted) p.emit('os', { type: 'os.sync', core: 0, object: 'lock:0', edge: 'release' })
      if (!planted) p.emit('os', { type: 'os.sync', core: 1, object: 'lock:0', edge: 'acquire' })
      p.load(1, buffer.addr)
      if (!planted) p.emit('os', { type: 'os.sync', core: 1, object: 'lock:0', edge: 'release' })
      if (!planted) p.emit('os', { type: 'os.sync', core: 0, object: 'lock:0', edge: 'acquire' })
      p.syncForDevice(0, buffer)
    },
  },
  {
    title: 'a buffer handed back without waiting for its completion, and the device happened to be done',
    steps(p, planted) {
      const buffer = p.map(0, 0x20000000, 0x40000080, 16, fromDevice)
      p.queue(0, buffer)
      p.capture(buffer, 0, 20)
      if (!planted) p.done(0, buffer)
      p.unmap(0, buffer)
    },
  },
]
