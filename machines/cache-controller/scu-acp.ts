/** Cache-controller | the accelerator coherency ports of the snoop control unit: accesses of devices that the caches take part in. */

import { Bytes } from '../../src/base/bytes.ts'
import type { Out } from '../../src/kernel/actor.ts'
import type { ActionDefinition, GuardDefinition, StateConfig } from '../../src/statechart/define.ts'
import type { MemoryRead, MemoryWrite, ReadReq, ReadResp, SnoopReq, WriteReq, WriteResp } from '../protocol.ts'
import type { AcpConfig, DeviceAccess, ScuConfig, ScuContext, ScuMessage } from './scu-actions.ts'

// Every access through a port is coherent (HF-494), and is served like one of a core, one transaction at a time (HF-173):
//
//   read:  every L1 is asked to share the line. A holder's data answer, dirty ones after the outer cache has got them
//          (HF-172); else the outer cache answers, which looks the line up and allocates it as for a core.
//   write: every L1 gives the line up. What was dirty of it goes to the outer cache first, so that the words beside the
//          written ones are kept; then the device's words go there.
//
// A burst that leaves its line is answered with an error (HF-186).

type Action = ActionDefinition<ScuContext, ScuMessage>
type Guard = GuardDefinition<ScuContext, ScuMessage>

/** Whether the unit has an accelerator coherency port. */
export function hasAcp(config: ScuConfig): boolean {
  return portsOf(config).length > 0
}

/** Names of the ports. */
export function portsOf({ acp = [] }: ScuConfig): readonly string[] {
  return acp.map((_, index) => `acp${index}`)
}

/** What goes through each port, with that ending: `req`, `resp`. */
export function typesByPort({ acp = [] }: ScuConfig, ending: 'req' | 'resp'): Record<string, readonly string[]> {
  const types = ({ access }: AcpConfig) =>
    access === 'read' ? [`read.${ending}`] : [`read.${ending}`, `write.${ending}`]
  return Object.fromEntries(acp.map((port, index) => [`acp${index}`, types(port)]))
}

/** No access. */
export function emptyAccess(lineBytes: number): DeviceAccess {
  return { from: '', txn: 0, addr: 0, words: 0, data: new Bytes(lineBytes) }
}

/** Equal units are equal data: nothing stays behind of an access that has been answered. */
export function forgetAccess(access: DeviceAccess, lineBytes: number): void {
  access.from = ''
  access.txn = 0
  access.addr = 0
  access.words = 0
  access.data.fill(0, lineBytes >>> 2, 0)
}

/** What the idle unit does with an access of a device. */
export const acpRequests = {
  'read.req': [
    { guard: 'deviceReadCrossesLine', actions: 'refuseDeviceRead' },
    { guard: 'isFromDevice', target: 'serving.snooping', actions: ['beginDeviceRead', 'snoopToShare'] },
  ],
  'write.req': [
    { guard: 'deviceWriteCrossesLine', actions: 'refuseDeviceWrite' },
    { guard: 'isFromDevice', target: 'accepting.snooping', actions: ['beginDeviceWrite', 'snoopToYield'] },
  ],
}

/** The states of a device's access. @param idle target of the idle state */
export function acpStates(idle: string): Record<string, StateConfig> {
  return {
    serving: {
      description: 'a device reads',
      initial: 'snooping',
      states: {
        snooping: {
          description: 'the cores say whether they hold the line',
          on: {
            'snoop.resp': [
              { guard: 'moreAnswersCome', actions: 'noteAnswer' },
              { guard: 'sharesDirtyLine', target: 'writing', actions: ['noteAnswer', 'writeBackForDevice'] },
              { guard: 'lineIsHeld', target: idle, actions: ['noteAnswer', 'answerHeldWords', 'end'] },
              { target: 'reading', actions: ['noteAnswer', 'readForDevice'] },
            ],
          },
        },
        reading: {
          description: 'no core holds the line; the outer cache answers',
          on: { 'read.resp': { target: idle, actions: ['answerReadWords', 'end'] } },
        },
        writing: {
          description: 'a dirty line is read; the outer cache gets it first',
          on: { 'write.resp': { target: idle, actions: ['answerHeldWords', 'end'] } },
        },
      },
    },
    accepting: {
      description: 'a device writes',
      initial: 'snooping',
      states: {
        snooping: {
          description: 'every core gives the line up',
          on: {
            'snoop.resp': [
              { guard: 'moreAnswersCome', actions: 'noteAnswer' },
              { guard: 'dirtyDataCame', target: 'cleaning', actions: ['noteAnswer', 'writeBackForDevice'] },
              { target: 'writing', actions: ['noteAnswer', 'writeForDevice'] },
            ],
          },
        },
        cleaning: {
          description: 'what was dirty of the line is on its way to the outer cache',
          on: { 'write.resp': { target: 'writing', actions: 'writeForDevice' } },
        },
        writing: {
          description: "the device's words are on their way to the outer cache",
          on: { 'write.resp': { target: idle, actions: ['answerDeviceWrite', 'end'] } },
        },
      },
    },
  }
}

/** Guards about devices' accesses. */
export function acpGuards(config: ScuConfig): Record<string, Guard> {
  const ports = portByInitiator(config)
  const isFromDevice = (message: ScuMessage): boolean => ports.has((message as ReadReq).from)
  const crosses = (addr: number, words: number): boolean =>
    (addr & (config.geometry.lineBytes - 1)) + words * 4 > config.geometry.lineBytes
  return {
    isFromDevice: (_context, message) => isFromDevice(message),
    deviceReadCrossesLine: (_context, message) =>
      isFromDevice(message) && crosses((message as ReadReq).addr, (message as ReadReq).words),
    deviceWriteCrossesLine: (_context, message) =>
      isFromDevice(message) && crosses((message as WriteReq).addr, (message as WriteReq).data.length),
  }
}

/** Actions for devices' accesses. */
export function acpActions(config: ScuConfig): Record<string, Action> {
  const { lineBytes } = config.geometry
  const ports = portByInitiator(config)
  const toDevices = Object.fromEntries(portsOf(config).map((port) => [port, 1]))
  const cores = Array.from({ length: config.cores }, (_, core) => `core${core}`)
  const toCores = Object.fromEntries(cores.map((port) => [port, 1]))
  const lineOf = (addr: number): number => (addr & -lineBytes) >>> 0
  const answer = (out: Out, message: ReadResp | WriteResp): void => out.send(ports.get(message.from) as string, message)
  const snoop = (description: string, op: SnoopReq['op']): Action => ({
    description,
    sends: toCores,
    run: (context, _message, out) => {
      context.awaited = cores.length
      const addr = lineOf(accessOf(context).addr)
      for (const port of cores) out.send(port, { type: 'snoop.req', addr, op } as SnoopReq)
    },
  })
  const answerRead = (context: ScuContext, data: readonly number[], ok: boolean, out: Out): void => {
    const { from, txn, addr } = accessOf(context)
    if (ok) out.emit({ type: 'memory.read', from, addr, data, coherent: true } as MemoryRead)
    answer(out, { type: 'read.resp', from, txn, addr, data, ok } as ReadResp)
  }
  return {
    beginDeviceRead: {
      description: 'notes what a device reads',
      run: (context, message) => {
        const { from, txn, addr, words } = message as ReadReq
        Object.assign(accessOf(context), { from, txn, addr, words })
      },
    },
    beginDeviceWrite: {
      description: 'notes what a device writes',
      run: (context, message) => {
        const { from, txn, addr, data } = message as WriteReq
        const access = accessOf(context)
        Object.assign(access, { from, txn, addr, words: data.length })
        access.data.write(0, data)
      },
    },
    snoopToShare: snoop('asks every core for the line, which it keeps', 'share'),
    snoopToYield: snoop('asks every core to give the line up', 'yield'),
    writeBackForDevice: {
      description: 'writes dirty data of the line to the outer cache',
      sends: { l2: 1 },
      run: (context, _message, out) => {
        const { from, txn, addr } = accessOf(context)
        const data = context.data.read(0, lineBytes >>> 2)
        out.send('l2', { type: 'write.req', from, txn, addr: lineOf(addr), data, memory: 'cacheable' } as WriteReq)
      },
    },
    readForDevice: {
      description: 'reads the words from the outer cache',
      sends: { l2: 1 },
      run: (context, _message, out) => {
        const { from, txn, addr, words } = accessOf(context)
        out.send('l2', { type: 'read.req', from, txn, addr, words, memory: 'cacheable' } as ReadReq)
      },
    },
    writeForDevice: {
      description: "writes the device's words to the outer cache",
      sends: { l2: 1 },
      run: (context, _message, out) => {
        const { from, txn, addr, words, data: bytes } = accessOf(context)
        const data = bytes.read(0, words)
        out.emit({ type: 'memory.write', from, addr, data, coherent: true } as MemoryWrite)
        out.send('l2', { type: 'write.req', from, txn, addr, data, memory: 'cacheable' } as WriteReq)
      },
    },
    answerHeldWords: {
      description: 'answers a read from the line that a core holds',
      sends: toDevices,
      run: (context, _message, out) => {
        const { addr, words } = accessOf(context)
        answerRead(context, context.data.read(addr - lineOf(addr), words), true, out)
      },
    },
    answerReadWords: {
      description: "answers a read with the outer cache's words; an error response has none",
      sends: toDevices,
      run: (context, message, out) => answerRead(context, (message as ReadResp).data, (message as ReadResp).ok, out),
    },
    answerDeviceWrite: {
      description: 'tells the device that its write is where every core sees it',
      sends: toDevices,
      run: (context, message, out) => {
        const { from, txn, addr } = accessOf(context)
        answer(out, { type: 'write.resp', from, txn, addr, ok: (message as WriteResp).ok } as WriteResp)
      },
    },
    refuseDeviceRead: {
      description: 'answers a read that leaves its line with an error',
      sends: toDevices,
      run: (_context, message, out) => {
        const { from, txn, addr } = message as ReadReq
        answer(out, { type: 'read.resp', from, txn, addr, data: [], ok: false } as ReadResp)
      },
    },
    refuseDeviceWrite: {
      description: 'answers a write that leaves its line with an error',
      sends: toDevices,
      run: (_context, message, out) => {
        const { from, txn, addr } = message as WriteReq
        answer(out, { type: 'write.resp', from, txn, addr, ok: false } as WriteResp)
      },
    },
  }
}

/** The access of a unit that has a port. */
function accessOf(context: ScuContext): DeviceAccess {
  return context.access as DeviceAccess
}

function portByInitiator({ acp = [] }: ScuConfig): ReadonlyMap<string, string> {
  return new Map(acp.flatMap(({ from: initiators }, index) => initiators.map((from) => [from, `acp${index}`] as const)))
}
