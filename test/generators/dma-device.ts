/** Test | messages for a programmed device: cores at its registers, answers wanted and unwanted, clock and power coming and going. */

import {
  type DmaDeviceConfig,
  type DmaDeviceContext,
  defaultDmaDeviceConfig,
} from '../../machines/dma-device/machine.ts'
import type { Prng } from '../../src/base/prng.ts'
import type { Message } from '../../src/kernel/actor.ts'

const { supply: _supply, interruptLine: _line, ...bare } = defaultDmaDeviceConfig

/** A program that ends, without anything that a device need not have; some of its accesses are to parts of words. */
const ending: DmaDeviceConfig = {
  ...bare,
  reactions: [{ register: 'STATUS', body: [{ op: 'assert', that: ['ne', 'STATUS', 3], message: 'not 3' }] }],
  program: [
    { op: 'wait', until: ['ge', 'BELL', 2] },
    { op: 'set', to: 'left', value: ['add', ['and', 'BELL', 1], 2] },
    { op: 'label', name: 'again' },
    { op: 'write', addr: 'BELL', value: 'left' },
    { op: 'write', addr: 'BELL', value: 0 },
    { op: 'read', addr: 'BELL', to: 'STATUS', translated: true },
    { op: 'assert', that: ['ne', 'STATUS', 1], message: 'not 1' },
    { op: 'set', to: 'left', value: ['sub', 'left', 1] },
    { op: 'branch', to: 'again', when: ['ne', 'left', 0] },
    { op: 'fence' },
  ],
}

/** Everything at once; with clock and power off at first; and as little as possible. */
export const dmaDeviceConfigs: Readonly<Record<string, DmaDeviceConfig>> = {
  everything: defaultDmaDeviceConfig,
  'off at first': {
    ...defaultDmaDeviceConfig,
    supply: { clock: 'off', power: 'off' },
  },
  'a program that ends': ending,
}

type Generate = (
  prng: Prng,
  present: { readonly value: unknown; readonly context: DmaDeviceContext },
) => Message | undefined

/** A generator for one configuration. */
export function dmaDeviceMessages(config: DmaDeviceConfig): Generate {
  const { id: from, base, outstandingWrites } = config
  return (prng, { value, context }) => {
    if (prng.chance(1, 300)) return undefined
    const state = JSON.stringify(value)
    if (config.supply) {
      // Short and rare, so what meets it must come often.
      if (/awaiting|recovering/.test(state) && prng.chance(1, 2)) {
        return prng.pick([
          { type: 'power.off' } as Message,
          readResponse(prng, prng.below(outstandingWrites + 2), from),
          translation(prng, from, outstandingWrites),
        ])
      }
      if (/"(gated|unpowered)"/.test(state) && prng.chance(1, 3)) {
        return { type: prng.pick(['clock.on', 'power.on']) } as Message
      }
      if (prng.chance(1, 10)) return { type: prng.pick(['clock.on', 'clock.off', 'power.on', 'power.off']) } as Message
    }
    if (/reading|awaiting|recovering/.test(state) && prng.chance(1, 3))
      return readResponse(prng, outstandingWrites, from)
    switch (prng.below(config.supply ? 7 : 6)) {
      case 0:
      case 1:
        return { type: 'step', value: 0 } as Message
      case 2:
        return registerAccess(prng, base)
      case 3:
        return readResponse(prng, prng.below(outstandingWrites + 2), from)
      case 4:
      case 5: {
        const live = context.writes.indexOf(1)
        const txn = live >= 0 && prng.chance(3, 4) ? live : prng.below(outstandingWrites + 2)
        return { type: 'write.resp', from, txn, addr: 0, ok: prng.chance(3, 4) } as Message
      }
      default:
        return translation(prng, from, outstandingWrites)
    }
  }
}

function translation(prng: Prng, from: string, txn: number): Message {
  const found = { pa: 64, bytes: 16, memory: 0, readOnly: false }
  return { type: 'translate.resp', from, txn, addr: 0, ok: prng.chance(2, 3), ...found } as Message
}

function readResponse(prng: Prng, txn: number, from: string): Message {
  const ok = prng.chance(3, 4)
  return { type: 'read.resp', from, txn, addr: 0, data: ok ? [prng.below(4)] : [], ok } as Message
}

/** Mostly to registers that there are. */
function registerAccess(prng: Prng, base: number): Message {
  const addr = base + prng.pick([0, 0, 4, 8, 12, 2])
  const common = { from: 'cpu0', txn: prng.below(3), addr }
  return (
    prng.chance(1, 4)
      ? { type: 'reg.read.req', ...common }
      : { type: 'reg.write.req', ...common, value: prng.pick([0, 1, 2, 3, 4, 8, -4]) }
  ) as Message
}
