/** Models | a SYSMMU: map, post and unmap with a TLB that fills and drops entries at any time, right and with four mistakes. */

import { always, type CheckableSystem, defineSystem, never, type Symmetry } from '../../src/explore/define-system.ts'
import type { Message } from '../../src/kernel/actor.ts'
import { defineMachine, stall } from '../../src/statechart/define.ts'
import { none, type PageMessage, type Slot, type SysmmuVariant, slot } from './sysmmu-slot.ts'

export { type SysmmuVariant, sysmmuVariants } from './sysmmu-slot.ts'

const indexes = (count: number) => Array.from({ length: count }, (_, index) => index)
const idOf = (slot: number) => `slot${slot}`

interface Pages {
  used: boolean[]
}

/** Which pages are in use. */
function allocator(pages: number) {
  return defineMachine<Pages, PageMessage>({
    id: 'pages',
    description: 'the page allocator',
    inPorts: { calls: ['claim', 'give'] },
    outPorts: {},
    events: { claim: 'a page is wanted', give: 'a page comes back' },
    context: () => ({ used: indexes(pages).map(() => false) }),
    guards: { isUsed: ({ used }, { page }) => used[page] === true },
    actions: {
      set: {
        description: 'notes who is in use',
        run: ({ used }, { type, page }) => {
          used[page] = type === 'claim'
        },
      },
    },
    chart: {
      description: 'page allocator',
      on: {
        claim: [{ guard: 'isUsed', ...stall('in use') }, { actions: 'set' }],
        give: { actions: 'set' },
      },
    },
  })
}

interface Device {
  slot: number
  page: number
}

/** One request at a time: takes a posted slot, has its address translated, accesses the page. */
function device(slots: number) {
  const ports = indexes(slots).map(idOf)
  const sends = Object.fromEntries(ports.map((port) => [port, 1]))
  return defineMachine<Device, Message>({
    id: 'device',
    description: 'a DMA engine behind the SYSMMU',
    inPorts: { answers: ['translated', 'faulted'] },
    outPorts: Object.fromEntries(ports.map((port) => [port, ['take', 'translate', 'access']])),
    events: {
      take: 'begins with a posted slot',
      translate: 'asks for the translation',
      access: 'accesses the page',
      translated: 'the translation',
      faulted: 'there is none',
    },
    spontaneous: {
      take: { description: 'dev_take', kind: 'must', domain: slots },
      translate: { description: 'dev_translate', kind: 'must' },
      access: { description: 'dev_access', kind: 'must' },
    },
    context: () => ({ slot: none, page: none }),
    actions: {
      take: {
        description: 'begins with a slot',
        sends,
        run: (context, message, out) => {
          context.slot = (message as Message & { value: number }).value
          out.send(idOf(context.slot), { type: 'take' })
        },
      },
      translate: {
        description: 'asks',
        sends,
        run: ({ slot: current }, _message, out) => out.send(idOf(current), { type: 'translate' }),
      },
      keep: {
        description: 'keeps the page',
        run: (context, message) => {
          context.page = (message as PageMessage).page
        },
      },
      access: {
        description: 'accesses the page',
        sends,
        run: (context, _message, out) =>
          out.send(idOf(context.slot), { type: 'access', page: context.page } as PageMessage),
      },
      forget: {
        description: 'has nothing to do any more',
        run: (context) => {
          context.slot = none
          context.page = none
        },
      },
    },
    chart: {
      description: 'device',
      initial: 'idle',
      on: {
        take: stall('busy'),
        translate: stall('not now'),
        access: stall('not now'),
        translated: stall('did not ask'),
        faulted: stall('did not ask'),
      },
      states: {
        idle: { description: 'has no request', on: { take: { target: 'taken', actions: 'take' } } },
        taken: { description: 'has a request', on: { translate: { target: 'asking', actions: 'translate' } } },
        asking: {
          description: 'within the step that asks',
          on: {
            translated: { target: 'ready', actions: 'keep' },
            faulted: { target: 'idle', actions: 'forget' },
          },
        },
        ready: { description: 'has a page', on: { access: { target: 'idle', actions: ['access', 'forget'] } } },
      },
    },
  })
}

/** Any permutation of the slots, any permutation of the pages. */
function symmetriesOf(slots: number, pages: number): Symmetry[] {
  const ids = indexes(slots).map(idOf)
  const pageFields = ids.flatMap((id) => [`${id}.pte`, `${id}.tlb`, `${id}.page`])
  return [
    {
      name: 'slots',
      size: slots,
      group: 'full',
      actors: [ids],
      ports: [ids.map((id) => `device.${id}`)],
      fields: { 'device.slot': 'index' },
      messages: { 'take.value': 'index' },
    },
    {
      name: 'pages',
      size: pages,
      group: 'full',
      fields: {
        'pages.used': 'indexed',
        'device.page': 'index',
        ...Object.fromEntries(pageFields.map((field) => [field, 'index' as const])),
      },
      messages: { 'map.value': 'index', 'claim.page': 'index', 'give.page': 'index', 'translated.page': 'index' },
    },
  ]
}

export function sysmmuTable(slots: number, pages: number, variant: SysmmuVariant = 'right'): CheckableSystem {
  const ids = indexes(slots).map(idOf)
  const slotMachine = slot(pages, variant)
  const meet = { order: 'rendezvous' as const, capacity: 0 }
  return defineSystem({
    id: `sysmmu-table-${slots}-${pages}-${variant}`,
    description: `a SYSMMU with ${slots} slots and ${pages} pages: ${variant}`,
    actors: {
      device: device(slots),
      pages: allocator(pages),
      ...Object.fromEntries(ids.map((id) => [id, slotMachine])),
    },
    channels: [
      ...ids.map((id) => ({ from: `device.${id}`, to: [`${id}.device`, 'device.answers'], ...meet })),
      ...ids.map((id) => ({ from: `${id}.pages`, to: 'pages.calls', ...meet })),
    ],
    properties: {
      T1: never('wrongPage'),
      T2: never('translationFault'),
      I: always(
        (state) =>
          ids.every((id) => {
            const { tlb, page } = state.actor(id).context as Slot
            return tlb === none || tlb === page
          }),
        'the TLB holds live translations only',
      ),
    },
    symmetries: symmetriesOf(slots, pages),
  })
}

export const system = sysmmuTable(2, 2)
