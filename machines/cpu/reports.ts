/** CPU | reports of what went wrong in a program, and the type of the core's actions. */

import type { Out } from '../../src/kernel/actor.ts'
import type { ActionDefinition } from '../../src/statechart/define.ts'
import { complete } from './access.ts'
import { type Core, position } from './core.ts'
import type { Code } from './program.ts'
import type { CpuContext, CpuMessage } from './types.ts'

export type Action = ActionDefinition<CpuContext, CpuMessage>

/** An access to no memory, or an error response. @param addr virtual or physical, as the program gave it */
export function reportAbort(core: Core, addr: number, why: string, out: Out): void {
  out.emit({ type: 'cpu.abort', core: core.core, addr, why } as never)
}

/** An access that the tables do not allow: some programs live with that. */
export function abortTranslation(core: Core, context: CpuContext, why: string, out: Out): void {
  if ((core.code[context.pc] as Code).kind !== 'prefetch') {
    out.emit({ type: 'cpu.abort', core: core.core, addr: position(context), why, translation: true } as never)
  }
  complete(context)
}

/** Gives the present instruction up; a preload does so without a word. */
export function abort(core: Core, context: CpuContext, why: string, out: Out): void {
  const { kind } = core.code[context.pc] as Code
  if (kind === 'load-exclusive' || kind === 'store-exclusive') {
    out.emit({ type: 'cpu.abort', core: core.core, addr: position(context), why, exclusive: true } as never)
  } else if (kind !== 'prefetch') reportAbort(core, position(context), why, out)
  complete(context)
}

/** An assertion that does not hold, with its place. */
export function reportAssertion(core: Core, code: Code, message: string, out: Out): void {
  const program = code.thread > 0 ? `thread ${core.threads[code.thread]?.name}` : code.program
  const where = `${program}, instruction ${code.index}`
  out.emit({ type: 'cpu.assertion-failed', core: core.core, message: `${message} (${core.id} ${where})` } as never)
}
