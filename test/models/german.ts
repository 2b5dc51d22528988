/** Models | German's cache coherence protocol, without data: a directory that hands out shared and exclusive copies to its clients. */

// After the Murphi text that goes around as "german.m" (S. German, 2000): ReqS, ReqE, Inv, InvAck, GntS and GntE, one message a channel.

import { always, type CheckableSystem, defineSystem } from '../../src/explore/define-system.ts'
import type { Message } from '../../src/kernel/actor.ts'
import { defineMachine, stall } from '../../src/statechart/define.ts'

interface Directory {
  client: number
  shared: boolean[]
  toInvalidate: boolean[]
  exclusive: boolean
}

interface Numbered extends Message {
  readonly from: number
  readonly value: number
}

const indexes = (count: number) => Array.from({ length: count }, (_, index) => index)

interface Sender {
  send(port: string, message: Message): void
}

function grant(index: number, type: 'grantShared' | 'grantExclusive') {
  return {
    description: type,
    sends: { [`command${index}`]: 1 },
    run: (context: Directory, _message: Message, out: Sender) => {
      out.send(`command${index}`, { type })
      context.shared[index] = true
      context.exclusive = type === 'grantExclusive'
      context.toInvalidate = context.toInvalidate.map(() => false)
      context.client = 0
    },
  }
}

function directory(count: number) {
  const ports = (name: string, types: readonly string[]) =>
    Object.fromEntries(indexes(count).map((i) => [`${name}${i}`, types]))
  // An action asks for room on every port that it names, so each client has actions of its own.
  const each = <Value>(name: string, value: (index: number) => Value): Record<string, Value> =>
    Object.fromEntries(indexes(count).map((i) => [`${name}${i}`, value(i)]))
  /** Of both kinds of request: who must give its copy up first, and when the request can be granted. */
  const serving = (description: string, invalidates: string, grantable: string, granting: string) => ({
    description,
    on: {
      reqShared: stall('one request at a time'),
      reqExclusive: stall('one request at a time'),
      sendInv: [
        ...indexes(count).map((i) => ({ guard: `${invalidates}${i}`, actions: `invalidate${i}` })),
        stall('nobody to invalidate'),
      ],
      sendGrant: [
        ...indexes(count).map((i) => ({ guard: `${grantable}${i}`, target: 'idle', actions: `${granting}${i}` })),
        stall('others still have copies'),
      ],
    },
  })
  return defineMachine<Directory, Numbered>({
    id: 'directory',
    description: 'serves one request after the other',
    inPorts: { ...ports('request', ['reqShared', 'reqExclusive']), ...ports('ack', ['invAck']) },
    outPorts: ports('command', ['inv', 'grantShared', 'grantExclusive']),
    events: {
      reqShared: 'a client asks for a copy to read',
      reqExclusive: 'a client asks for a copy to write',
      invAck: 'a client has given its copy up',
      sendInv: 'a client is told to give its copy up',
      sendGrant: 'the client that asked gets its copy',
    },
    spontaneous: {
      sendInv: { description: 'SendInv', kind: 'must', domain: count },
      sendGrant: { description: 'SendGntS, SendGntE', kind: 'must' },
    },
    context: () => ({
      client: 0,
      shared: indexes(count).map(() => false),
      toInvalidate: indexes(count).map(() => false),
      exclusive: false,
    }),
    guards: {
      ...each('mustInvalidate', (i) => ({ exclusive, toInvalidate }: Directory, { value }: Numbered) => {
        return value === i && exclusive && toInvalidate[i] === true
      }),
      ...each('invalidates', (i) => ({ toInvalidate }: Directory, { value }: Numbered) => {
        return value === i && toInvalidate[i] === true
      }),
      ...each(
        'isNotExclusive',
        (i) =>
          ({ client, exclusive }: Directory) =>
            client === i && !exclusive,
      ),
      ...each(
        'isAlone',
        (i) =>
          ({ client, shared }: Directory) =>
            client === i && !shared.includes(true),
      ),
    },
    actions: {
      begin: {
        description: 'notes who asked, and who has copies',
        run: (context, { from }) => {
          context.client = from
          context.toInvalidate = [...context.shared]
        },
      },
      acknowledge: {
        description: 'notes that a copy is gone',
        run: (context, { from }) => {
          context.shared[from] = false
          context.exclusive = false
        },
      },
      ...each('invalidate', (i) => ({
        description: 'Inv',
        sends: { [`command${i}`]: 1 },
        run: (context: Directory, _message: Message, out: Sender) => {
          context.toInvalidate[i] = false
          out.send(`command${i}`, { type: 'inv' })
        },
      })),
      ...each('grantShared', (i) => grant(i, 'grantShared')),
      ...each('grantExclusive', (i) => grant(i, 'grantExclusive')),
    },
    chart: {
      description: 'directory',
      initial: 'idle',
      on: { invAck: { actions: 'acknowledge' }, sendInv: stall('no request'), sendGrant: stall('no request') },
      states: {
        idle: {
          description: 'no request is being served',
          on: {
            reqShared: { target: 'servingShared', actions: 'begin' },
            reqExclusive: { target: 'servingExclusive', actions: 'begin' },
          },
        },
        servingShared: serving('serves a reader', 'mustInvalidate', 'isNotExclusive', 'grantShared'),
        servingExclusive: serving('serves a writer', 'invalidates', 'isAlone', 'grantExclusive'),
      },
    },
  })
}

function client(index: number) {
  const says = (port: string, type: string) => ({
    description: type,
    sends: { [port]: 1 },
    run: (_context: object, _message: Message, out: Sender) => out.send(port, { type, from: index } as Message),
  })
  return defineMachine<object, Message>({
    id: 'client',
    description: 'asks for copies and gives them up when told to',
    inPorts: { command: ['inv', 'grantShared', 'grantExclusive'] },
    outPorts: { request: ['reqShared', 'reqExclusive'], ack: ['invAck'] },
    events: {
      inv: 'its copy must go',
      grantShared: 'it gets a copy to read',
      grantExclusive: 'it gets a copy to write',
      askShared: 'wants to read',
      askExclusive: 'wants to write',
    },
    spontaneous: {
      askShared: { description: 'SendReqS', kind: 'may' },
      askExclusive: { description: 'SendReqE', kind: 'may' },
    },
    context: () => ({}),
    actions: {
      askShared: says('request', 'reqShared'),
      askExclusive: says('request', 'reqExclusive'),
      acknowledge: says('ack', 'invAck'),
    },
    chart: {
      description: 'client',
      initial: 'invalid',
      on: {
        inv: { target: '.invalid', actions: 'acknowledge' },
        grantShared: { target: '.shared' },
        grantExclusive: { target: '.exclusive' },
        askShared: stall('it has a copy'),
        askExclusive: stall('it has the only copy'),
      },
      states: {
        invalid: {
          description: 'no copy',
          on: { askShared: { actions: 'askShared' }, askExclusive: { actions: 'askExclusive' } },
        },
        shared: { description: 'a copy to read', on: { askExclusive: { actions: 'askExclusive' } } },
        exclusive: { description: 'the only copy' },
      },
    },
  })
}

/** @param count clients */
export function german(count: number): CheckableSystem {
  const clients = indexes(count)
  return defineSystem({
    id: `german-${count}`,
    description: 'This asks whether a client can write while another has a copy.',
    actors: {
      directory: directory(count),
      ...Object.fromEntries(clients.map((i) => [`client${i}`, client(i)])),
    },
    channels: clients.flatMap((i) => [
      { from: `client${i}.request`, to: `directory.request${i}` },
      { from: `directory.command${i}`, to: `client${i}.command` },
      { from: `client${i}.ack`, to: `directory.ack${i}` },
    ]),
    properties: {
      coherent: always((state) => {
        const copies = clients.filter((i) => !state.actor(`client${i}`).matches('invalid'))
        return copies.length < 2 || !clients.some((i) => state.actor(`client${i}`).matches('exclusive'))
      }),
    },
  })
}

export const system = german(3)
