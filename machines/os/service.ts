/** Machines | what a service of the operating system works with: configuration, call, events, errors. */

import type { Out } from '../../src/kernel/actor.ts'
import type { Emitted } from '../protocol.ts'
import { errno, type OsCall, pageOwners } from './calls.ts'
import { pageAddr } from './page-allocator.ts'
import type { OsConfig, OsContext } from './types.ts'

/** What a service may use: the configuration, the call, and the out box for events. */
export interface Service {
  readonly config: OsConfig
  readonly call: OsCall
  readonly out: Out
}

export type Values = readonly number[]

/** One call: changes the state, returns the values of `os.return`. */
export type Run = (context: OsContext, service: Service, args: readonly number[]) => Values

export const ok: Values = [errno.ok]

/** Reports an event. */
export function emit(service: Service, event: Emitted): void {
  service.out.emit(event)
}

/** Reports that this call orders cores among each other; `object` names what through. */
export function synchronize(service: Service, object: string, edge: 'acquire' | 'release'): void {
  emit(service, { type: 'os.sync', core: service.call.core, object, edge })
}

/** Reports a wrong use; the caller returns the error value. */
export function misuse(service: Service, why: string): void {
  emit(service, {
    type: 'os.misuse',
    core: service.call.core,
    call: service.call.type,
    why,
  })
}

/** Reports that there is nothing left of `what`; the caller returns the error value. No wrong use: the caller may cope. */
export function exhausted(service: Service, what: string): void {
  emit(service, { type: 'os.exhausted', core: service.call.core, what })
}

/** Reports a wrong use and gives the error values: -EINVAL unless others are given. */
export function refuse(service: Service, why: string, ...values: number[]): Values {
  misuse(service, why)
  return values.length > 0 ? values : [errno.EINVAL]
}

/** Gives `count` managed pages from `index` on to an owner, one event for each. */
export function own(context: OsContext, service: Service, index: number, count: number, owner: number): void {
  for (let page = index; page < index + count; page++) {
    context.pageOwner[page] = owner
    const addr = pageAddr(service.config.geometry, page)
    emit(service, {
      type: 'page.owner',
      addr,
      owner: pageOwners[owner] ?? 'free',
    })
  }
}

/** Number of pages of `bytes`, rounded up. */
export function pagesOf(service: Service, bytes: number): number {
  return Math.ceil(bytes / service.config.geometry.pageBytes)
}
