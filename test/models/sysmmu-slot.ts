/** Models | one IOVA slot of the SYSMMU table: the driver's part, the table entry and the TLB entry. */

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

export const none = -1

export interface PageMessage extends Message {
  readonly page: number
}

/** Page numbers, or `none`. */
export interface Slot {
  /** What the table entry says. */
  pte: number
  /** What the TLB holds. */
  tlb: number
  /** What the driver believes it has mapped. */
  page: number
}

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
export function slot(pages: number, variant: SysmmuVariant) {
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
