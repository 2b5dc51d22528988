/** Support | a core's translation unit with one table entry, which it reads from memory, past the caches, for every translation. */

import { litmus } from '../../machines/geometry.ts'
import type { ReadReq, ReadResp, TranslateReq, TranslateResp } from '../../machines/protocol.ts'
import type { Message } from '../../src/kernel/actor.ts'
import { defineMachine, ignore, type MachineDefinition, stall } from '../../src/statechart/define.ts'

/** An entry: the physical address of the page, and this bit if there is one. */
export const validBit = 1

/** @param entryAddr physical address of the entry */
export function onePageUnit(entryAddr: number): MachineDefinition {
  return defineMachine<{ addr: number }, Message>({
    id: 'unit',
    description: 'one page',
    inPorts: { core0: ['translate.req'], 'atc-core0': ['atc.done'], bus: ['read.resp'] },
    outPorts: { 'atc-core0': ['atc.invalidate'], core0: ['translate.resp'], bus: ['read.req'] },
    events: {
      'translate.req': 'where does it lead',
      'atc.done': 'never: nothing is invalidated',
      'read.resp': 'the entry',
    },
    context: () => ({ addr: 0 }),
    actions: {
      walk: {
        description: 'reads the entry',
        sends: { bus: 1 },
        run: (context, message, out) => {
          context.addr = (message as TranslateReq).addr
          const request = { from: 'unit', txn: 0, addr: entryAddr, words: 1, memory: 'non-cacheable' } as const
          out.send('bus', { ...request, type: 'read.req' } as ReadReq)
        },
      },
      answer: {
        description: 'answers',
        sends: { core0: 1 },
        run: (context, message, out) => {
          const entry = (message as ReadResp).data[0] as number
          const { addr } = context
          const ok = (entry & validBit) !== 0
          const pa = ok ? (entry & -litmus.pageBytes) + (addr & (litmus.pageBytes - 1)) : 0
          const bytes = ok ? litmus.pageBytes : 0
          const common = { from: 'cpu0', txn: 0, addr, memory: 0, readOnly: false }
          out.send('core0', { ...common, type: 'translate.resp', ok, pa, bytes } as TranslateResp)
          context.addr = 0
        },
      },
    },
    chart: {
      description: 'one page',
      initial: 'idle',
      on: {
        'translate.req': stall('one at a time'),
        'read.resp': ignore('no walk is under way'),
        'atc.done': ignore('nothing was asked'),
      },
      states: {
        idle: { description: 'nothing to do', on: { 'translate.req': { target: 'walking', actions: 'walk' } } },
        walking: { description: 'reads the entry', on: { 'read.resp': { target: 'idle', actions: 'answer' } } },
      },
    },
  })
}
