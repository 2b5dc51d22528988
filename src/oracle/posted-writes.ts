/** Oracle | register writes on their way from a core to their target: known from the messages of a run told again. */

import { canonical } from '../base/canonical.ts'
import type { TraceEvent } from '../kernel/trace.ts'

export interface Posted {
  readonly actor: string
  /** When the core executed it. */
  readonly step: number
  readonly addr: number
  readonly value: number
}

/** Kept while one run is told again. Register writes of a core leave it in the order of the program. */
export class PostedWrites {
  /** By core: steps at which a register write was executed that has not been sent. */
  private readonly executed = new Map<string, number[]>()
  private readonly states = new Map<string, string>()
  private readonly sent: Posted[] = []

  /** Those that arrive in this reaction. */
  take({ step, actor, message, state, sent = [] }: TraceEvent): readonly Posted[] {
    const arrived: Posted[] = []
    if (message?.type === 'reg.write.req' && sent.some(({ message: answer }) => answer.type === 'reg.write.resp')) {
      const { from, addr } = message as unknown as Posted & { readonly from: string }
      const at = this.sent.findIndex((one) => one.actor === from && one.addr === addr)
      if (at >= 0) arrived.push(...this.sent.splice(at, 1))
    }
    if (!/^cpu\d+$/.test(actor)) return arrived
    if (message?.type === 'issue' && this.states.get(actor)?.includes('"registerWrite"')) {
      this.executed.set(actor, [...(this.executed.get(actor) ?? []), step])
    }
    this.states.set(actor, canonical(state))
    for (const { message: request } of sent) {
      if (request.type !== 'reg.write.req') continue
      const { addr, value } = request as unknown as Posted
      this.sent.push({ actor, step: this.executed.get(actor)?.shift() ?? step, addr, value })
    }
    return arrived
  }

  /** On their way still, oldest first. */
  waiting(): readonly Posted[] {
    return this.sent
  }
}
