/** Run | the missing step put to the test: a litmus test is searched again with the step in it, and only what helps is claimed. */

import { UsageError } from '../../base/errors.ts'
import { type Choice, chooseVariant } from '../../litmus/choose.ts'
import type { LitmusTest, Statement } from '../../litmus/form.ts'
import { printStatement } from '../../litmus/print-statements.ts'
import { registerOwner } from '../../litmus/statements.ts'
import { firstLine } from '../../litmus/trails.ts'
import { type MissingStep, missingKinds, type Root, type Verified } from '../../oracle/root.ts'
import { type Findings, findings, type ShownRun, type Verdict, violatedIn } from '../check.ts'
import { subjectOfLitmus } from '../litmus-subject.ts'
import { Candidates, coreOf, coresOf } from './candidates.ts'
import { type Gap, gapsOf, insertAt } from './gaps.ts'

/** How much may be tried for one verdict. */
export interface RepairOptions {
  /** Programs that are searched, at most. Default 60. */
  readonly triesMax?: number
  /** States of one search, at most; default four times those of the verdict, 20 000 at least. */
  readonly statesMax?: number
  readonly stop?: () => boolean
}

/** A step put somewhere, and what became of it. */
interface Tried {
  readonly root: Root
  readonly missing: MissingStep
  readonly verified: Verified
}

/**
 * The verdict with the roots that the search agrees with. What cannot be shown within the bounds stays as it was: a likely step, not
 * a checked one.
 * @param roots of each violation, best first
 */
export function verifyRoots(
  test: LitmusTest,
  choice: Choice,
  verdict: Verdict,
  roots: (run: ShownRun) => readonly Root[],
  options: RepairOptions = {},
): Verdict {
  const repair = new Repair(chooseVariant(test, choice), verdict, options)
  const before = new Set(violatedIn(verdict))
  const all = verdict.violations.map((run) => ({ run, roots: roots(run) }))
  let whole: Tried | undefined
  const violations = all.map(({ run, roots: mine }) => {
    if (mine.length === 0) return run
    whole ??= repair.search(mine, run.property, before)
    const tried = whole
    if (tried === undefined) return run
    if (tried.verified.outcome === 'gone') whole = undefined
    const root = mine.find(({ missing }) => missing.kind === tried.missing.kind) ?? tried.root
    return { ...run, root: { ...root, missing: { ...tried.missing, verified: tried.verified } } }
  })
  return { ...verdict, violations }
}

const triesUsual = 60
/** Of these for one root, so that the likeliest one does not use them up. */
const triesOfRoot = 30
const statesLeast = 20_000

class Repair {
  private readonly test: LitmusTest
  private readonly candidates: Candidates
  private readonly statesMax: number
  private readonly known = new Map<string, Findings | undefined>()
  private readonly stop: () => boolean
  private left: number

  constructor(test: LitmusTest, verdict: Verdict, { triesMax = triesUsual, statesMax, stop }: RepairOptions) {
    this.test = test
    this.candidates = new Candidates(test)
    this.left = triesMax
    this.statesMax = statesMax ?? Math.max(statesLeast, verdict.states * 4)
    this.stop = stop ?? (() => false)
  }

  /** The first step that makes everything hold; else the first with which at least this violation is gone. */
  search(roots: readonly Root[], property: string, before: ReadonlySet<string>): Tried | undefined {
    let gone: Tried | undefined
    for (const root of roots) {
      const least = Math.max(0, this.left - triesOfRoot)
      for (const { kind, steps } of this.candidates.stepsFor(root.missing)) {
        const missing = {
          ...root.missing,
          kind,
          step: kind === root.missing.kind ? root.missing.step : missingKinds[kind],
        }
        for (const { actor, gap } of this.places(missing)) {
          if (this.left <= 0 || this.stop()) return gone
          if (this.left <= least) break
          const found = this.tryIt(actor, gap, steps, property, before)
          if (found === undefined || !found.isExhaustive) continue
          if (found.violated.some((one) => one === property || !before.has(one))) continue
          const verified = this.describe(actor, gap, steps, found)
          if (verified.outcome === 'holds') return { root, missing, verified }
          gone ??= { root, missing, verified }
        }
      }
    }
    return gone
  }

  /** Where the step may be missing, the likeliest place first. */
  private places(missing: MissingStep): { readonly actor: number; readonly gap: Gap }[] {
    const core = coresOf(this.test)[Number(/^cpu(\d+)$/.exec(missing.actor)?.[1] ?? 0)]
    return this.test.actors.flatMap((one, actor) => {
      if (coreOf(one) !== core) return []
      const gaps = gapsOf(one.body)
      return this.ordered(gaps, missing).map((gap) => ({ actor, gap }))
    })
  }

  /** After the write first, and on from there; before the load, and back from there; then all the rest. */
  private ordered(gaps: readonly Gap[], { kind, addr }: MissingStep): Gap[] {
    const isBefore = kind === 'invalidate' || kind === 'load-barrier'
    if (isBefore) {
      const at = gaps.findLastIndex(({ before }) => before !== undefined && this.candidates.reads(before, addr))
      if (at < 0) return [...gaps].reverse()
      return [...gaps.slice(0, at + 1).reverse(), ...gaps.slice(at + 1)]
    }
    const at = gaps.findIndex(({ after }) => after !== undefined && this.candidates.writes(after, addr))
    return at < 0 ? [...gaps] : [...gaps.slice(at), ...gaps.slice(0, at)]
  }

  /** Undefined where the step cannot stand there. */
  private tryIt(
    actor: number,
    gap: Gap,
    steps: readonly Statement[],
    property: string,
    before: ReadonlySet<string>,
  ): Findings | undefined {
    const key = `${property} ${actor} ${gap.index} ${steps.map(printStatement).join(' ; ')}`
    if (this.known.has(key)) return this.known.get(key)
    this.left--
    const actors = this.test.actors.map((one, at) =>
      at === actor ? { ...one, body: insertAt(one.body, gap.index, steps) } : one,
    )
    const [variant = ''] = this.test.variants
    let found: Findings | undefined
    try {
      const subject = subjectOfLitmus({ ...this.test, actors }, { variant })
      const bounds = { statesMax: this.statesMax, stop: this.stop }
      // Most attempts fail at once; one that meets only what was there before is worth the whole search.
      const first = findings(subject, { ...bounds, wanted: 'first' })
      const goesOn = first.violated.length > 0 && !first.violated.some((one) => one === property || !before.has(one))
      found = goesOn ? findings(subject, bounds) : first
    } catch (error) {
      if (!(error instanceof UsageError)) throw error
    }
    this.known.set(key, found)
    return found
  }

  private describe(actor: number, { after, before }: Gap, steps: readonly Statement[], found: Findings): Verified {
    const one = this.test.actors[actor] as LitmusTest['actors'][number]
    const line = (after ?? before)?.at?.line
    return {
      steps: steps.map(printStatement).join(' ; '),
      actor: one.actor === 'isr' ? `the handler of ${one.core}` : registerOwner(one),
      ...(after ? { after: firstLine(after) } : {}),
      ...(before ? { before: firstLine(before) } : {}),
      ...(line === undefined ? {} : { line }),
      outcome: found.violated.length === 0 ? 'holds' : 'gone',
      left: found.violated,
      states: found.states,
    }
  }
}
