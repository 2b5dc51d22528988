/** Oracle | one clue to a root, and the words of the step that it lacks. */

import { hex } from '../base/bits.ts'
import { type MissingKind, type MissingStep, missingKinds, type Root } from './root.ts'
import type { Write } from './writes.ts'

/** A root as far as a run tells it, with the step at which it showed. */
export interface Clue extends Root {
  readonly step: number
  /** Of the word, or of the IO page. */
  readonly addr?: number
  /** It follows from another clue: the step that it lacks would not have helped. */
  readonly follows?: true
}

/** A step that `actor` should have taken between two steps of the run. */
export function missingStep(
  kind: MissingKind,
  actor: string,
  after: number,
  before: number,
  about: Pick<MissingStep, 'addr' | 'iova'>,
): MissingStep {
  const { iova, addr } = about
  const what = iova ?? addr
  const step = `${missingKinds[kind]}${what === undefined ? '' : `, for ${hex(what)}`}`
  return { kind, step, actor, ...about, after, before }
}

/** The write as a root has it. */
export function wroteOf({ actor, step, addr, value }: Write): Root['wrote'] {
  return { actor, step, addr, value }
}

/** What let a reader on: a store, or a doorbell. */
export interface Early {
  readonly step: number
  readonly addr: number
}

/** A store came after what let its reader on. */
export function swapped(write: Write, stayed: string, reader: Root['reader'], early: Early): Clue {
  const { actor, addr } = write
  const missing = missingStep('store-order', actor, 0, early.step, { addr })
  const step = `${missingKinds['store-order']}: ${hex(addr)} before ${hex(early.addr)}`
  return {
    basis: 'met',
    step: reader.step,
    addr,
    wrote: wroteOf(write),
    stayed,
    reader,
    missing: { ...missing, step, behind: early.addr },
  }
}
