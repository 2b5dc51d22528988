/** Models | a SYSMMU: map, post and unmap with a TLB that fills and drops entries at any time, right and with four mistakes. */

import { always, type CheckableSystem, defineSystem, never, type Symmetry } from '../../src/explore/define-system.ts'
import type { Message } from '../../src/kernel/actor.ts'
import { defineMachine, type StateConfig, stall } from '../../src/statechart/define.ts'

/** `right`, or what is wrong with the order of unmapping. */
export const sysmmuVariants = [
  'right',
  /** The page is released without a TLB invalidation. */
  'noflush',
  /** The TLB is invalidated before the table entry is cleared. */
  'flushfirst',
  /** The TLB is invalidated some time after the page was released, as deferring IOMMU drivers do. */
  'lazyflush',
  /** The entry may be cleared while the device still works. */
  'earlyclear',
] as const

export type SysmmuVariant = (typeof sysmmuVariants)[number]

const none = -1

interface PageMessage extends Message {
  readonly page: number
}

/** Page numbers, or `none`. */
interface Slot {
  /** What the table entry says. */
  pte: number
  /** What the TLB holds. */
  tlb: number
  /** What the driver believes it has mapped. */
  page: number
}

const indexes = (count: number) => Array.from({ length: count }, (_, index) => index)
const idOf = (slot: number) => `slot${slot}`

type Handlers = NonNullable<StateConfig['on']>

/** What becomes of a slot after its transfer is done. Targets are driver states. */
function unmapOrder(variant: SysmmuVariant): Readonly<Record<'done' | 'cleared' | 'flushed', StateConfig>> {
  const clear = (target: string) => ({ clear: { target, actions: 'clear' } })
  const flush = (target: string) => ({ flush: { target } })
  const release = (target: string) => ({ release: { target, actions: 'release' } })
  const orders = {
    right: [clear('cleared'), flush('flushed'), release('free')],
    earlyclear: [clear('cleared'), flush('flushed'), release('free')],
    noflush: [clear('cleared'), release('free'), {}],
    flushfirst: [flush('cleared'), clear('flushed'), release('free')],
    lazyflush: [clear('cleared'), release('flushed'), flush('free')],
  }
  const [done, cleared, flushed] = orders[variant] as [Handlers, Handlers, Handlers]
  return {
    done: { description: 'the device has finished', on: done },
    cleared: { description: 'first step of unmapping', on: cleared },
    flushed: { description: 'second step of unmapping', on: flushed },
  }
}

/** One IOVA slot: the driver's part, the table entry and the TLB entry. */
function slot(pages: number, variant: SysmmuVariant) {
  const driver = {
    map: 'the driver maps a free page',
    post: 'the driver gives the buffer to the device',
    clear: 'the driver clears the table entry',
    flush: 'the driver invalidates the TLB entry',
    release: 'the driver gives the page back',
  }
  const choices = Object.entries(driver).map(([event, description]) => [event, { description, kind: 'must' as const }])
  const { done, cleared, flushed } = unmapOrder(variant)
  return defineMachine<Slot, Message>({
    id: 'slot',
    description: 'a driver context with one table entry and one TLB entry',
    inPorts: { device: ['take', 'translate', 'access'] },
    outPorts: { pages: ['claim', 'give'] },
    events: {
      ...driver,
      prefetch: 'the TLB fills the entry by itself',
      evict: 'the TLB drops the entry by itself',
      take: 'the device begins with this slot',
      translate: 'the device asks for a translation',
      access: 'the device accesses the page that it was told',
    },
    spontaneous: {
      ...Object.fromEntries(choices),
      map: { description: driver.map, kind: 'must', domain: pages },
      prefetch: { description: 'a walk that nobody asked for', kind: 'may' },
      evict: { description: 'the place is needed', kind: 'may' },
    },
    context: () => ({ pte: none, tlb: none, page: none }),
    guards: { isMapped: ({ pte }) => pte !== none },
    actions: {
      map: {
        description: 'claims the page and writes the entry',
        sends: { pages: 1 },
        run: (context, message, out) => {
          const page = (message as Message & { value: number }).value
          out.send('pages', { type: 'claim', page } as PageMessage)
          context.pte = page
          context.page = page
        },
      },
      clear: {
        description: 'clears the table entry',
        run: (context) => {
          context.pte = none
        },
      },
      release: {
        description: 'gives the page back',
        sends: { pages: 1 },
        run: (context, _message, out) => {
          out.send('pages', { type: 'give', page: context.page } as PageMessage)
          context.page = none
        },
      },
      fill: {
        description: 'the TLB entry gets what the table says',
        run: (context) => {
          context.tlb = context.pte
        },
      },
      drop: {
        description: 'the TLB entry holds nothing',
        run: (context) => {
          context.tlb = none
        },
      },
      translation: {
        description: 'tells the device what the TLB says',
        run: (context, _message, out) => out.reply({ type: 'translated', page: context.tlb } as PageMessage),
      },
      fault: {
        description: 'there is no translation',
        run: (_context, _message, out) => {
          out.emit({ type: 'translationFault' })
          out.reply({ type: 'faulted' })
        },
      },
      judgeAccess: {
        description: 'the page must be the one mapped for this request',
        run: (context, message, out) => {
          const { page } = message as PageMessage
          if (context.page === none || page !== context.page) out.emit({ type: 'wrongPage' })
        },
      },
    },
    chart: {
      description: 'slot',
      type: 'parallel',
      states: {
        driver: {
          description: 'the driver context',
          initial: 'free',
          on: {
            ...Object.fromEntries(Object.keys(driver).map((event) => [event, stall('not its turn')])),
            take: stall('not posted'),
            access: { actions: 'judgeAccess' },
          },
          states: {
            free: {
              description: 'nothing mapped',
              tags: ['finished'],
              on: { map: { target: 'mapped', actions: 'map' } },
            },
            mapped: { description: 'mapped', on: { post: { target: 'posted' } } },
            posted: {
              description: 'the device may use it',
              on: {
                take: { description: 'the device has seen it' },
                access: { target: 'done', actions: 'judgeAccess' },
                ...(variant === 'earlyclear' ? { clear: { target: 'cleared', actions: 'clear' } } : {}),
              },
            },
            done,
            cleared,
            ...(variant === 'noflush' ? {} : { flushed }),
          },
        },
        table: {
          description: 'the entry of the translation table in memory',
          initial: 'invalid',
          states: {
            invalid: {
              description: 'maps nothing',
              on: { prefetch: stall('nothing to read'), map: { target: 'valid' } },
            },
            valid: { description: 'maps a page', on: { clear: { target: 'invalid' } } },
          },
        },
        tlb: {
          description: 'the TLB entry',
          initial: 'empty',
          states: {
            empty: {
              description: 'holds nothing',
              on: {
                prefetch: { target: 'filled', actions: 'fill' },
                evict: stall('empty'),
                translate: [
                  { guard: 'isMapped', target: 'filled', actions: ['fill', 'translation'] },
                  { actions: 'fault' },
                ],
              },
            },
            filled: {
              description: 'holds a translation',
              on: {
                prefetch: stall('filled'),
                evict: { target: 'empty', actions: 'drop' },
                translate: { actions: 'translation' },
                flush: { target: 'empty', actions: 'drop' },
              },
            },
          },
        },
      },
    },
  })
}

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
