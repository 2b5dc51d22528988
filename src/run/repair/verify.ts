/** Run | the missing step put to the test: a litmus test is searched again with the step in it, and only what helps is claimed. */

import { UsageError } from '../../base/errors.ts'
import { type Choice, chooseVariant } from '../../litmus/choose.ts'
import type { LitmusTest, Statement } from '../../litmus/form.ts'
import { lowerLitmus } from '../../litmus/lower.ts'
import { printStatement } from '../../litmus/print-statements.ts'
import { registerOwner } from '../../litmus/statements.ts'
import { firstLine } from '../../litmus/trails.ts'
import { type Inserted, type MissingStep, missingKinds, type Root, type Verified } from '../../oracle/root.ts'
import { check, type Findings, findings, type ShownRun, type Verdict, violatedIn } from '../check.ts'
import { subjectOfLitmus, subjectOfLowered } from '../litmus-subject.ts'
import { Candidates, coreOf, coresOf } from './candidates.ts'
import { type Gap, gapsOf, insertAt, swapsOf } from './gaps.ts'
import { stillWrong, type WrongRun } from './refute.ts'

/** How much may be tried for one verdict. */
export interface RepairOptions {
  /** Programs that are searched, at most. Default 60. */
  readonly triesMax?: number
  /** States of one search, at most; default four times those of the verdict, 20 000 at least. */
  readonly statesMax?: number
  readonly stop?: () => boolean
}

/** Another form of the program, in which a step is no longer missing. */
interface Attempt {
  readonly root: Root
  readonly missing: MissingStep
  readonly test: LitmusTest
  /** The statements that were not there before, and their place. Absent: others have moved, too. */
  readonly added: readonly Statement[]
  readonly place?: string
  readonly inserted: Inserted
}

/** A violation that is to go, without others in its place. */
interface Aim {
  readonly property: string
  /** What was violated before, and may be left. Empty: everything is to hold. */
  readonly before: ReadonlySet<string>
  /** Runs of the program, or of other forms of it, that are wrong. */
  readonly runs: WrongRun[]
}

/** What attempts have in common that put something into one form of the program. */
interface Base {
  /** What that form has already. */
  readonly added: readonly Statement[]
  /** Places behind what is wrong. */
  readonly useless: Set<string>
}

/** What became of one. */
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
    const others = verdict.violations.filter((one) => one !== run).map(({ labels }) => labels)
    whole ??= repair.search(mine, { property: run.property, before, runs: [...others, run.labels] })
    const tried = whole
    if (tried === undefined) return run
    if (tried.verified.outcome === 'gone') whole = undefined
    const root = rootOf(mine, tried)
    const { after, before: until } = root.missing
    return { ...run, root: { ...root, missing: { ...tried.missing, after, before: until, verified: tried.verified } } }
  })
  return { ...verdict, violations }
}

/** What was tried may have been for another violation, whose run has other steps. */
function rootOf(mine: readonly Root[], { root, missing }: Tried): Root {
  const alike =
    mine.find((one) => isSame(one.missing, missing)) ?? mine.find((one) => one.missing.kind === missing.kind)
  return mine.includes(root) ? root : (alike ?? (mine[0] as Root))
}

const triesUsual = 60
/** Of these for one root, so that the likeliest one does not use them up. */
const triesOfRoot = 30
/** How many first steps are put in to look for a second one, and what is tried for that. */
const firstStepsMax = 3
const triesOfSecond = 15
const statesLeast = 20_000
const nothing: ReadonlySet<string> = new Set()
/** How many of the runs known to be wrong are followed, the latest. */
const runsFollowed = 4

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

  /** The first step that makes everything hold, else two of them; else the first with which at least this violation is gone. */
  search(roots: readonly Root[], aim: Aim): Tried | undefined {
    const kept = Math.floor(this.left / 2)
    this.left -= kept
    const one = this.single({ test: this.test, added: [] }, roots, aim, triesOfRoot)
    this.left += kept
    return one?.verified.outcome === 'holds' ? one : (this.pair(roots, aim) ?? one)
  }

  private single(
    { test, added }: Pick<Attempt, 'test' | 'added'>,
    roots: readonly Root[],
    aim: Aim,
    triesMax: number,
  ): Tried | undefined {
    let gone: Tried | undefined
    const useless = new Set<string>()
    for (const root of roots) {
      const least = Math.max(0, this.left - triesMax)
      for (const attempt of this.attempts(test, root)) {
        if (this.left <= 0 || this.stop()) return gone
        if (this.left <= least) break
        // Once the violation is known to go, only what makes everything hold says more.
        const wanted = gone ? { ...aim, before: nothing } : aim
        const found = this.tryIt(attempt, { ...wanted, added, useless })
        if (found === undefined || !found.isExhaustive || found.violated.some((name) => isWrong(wanted, name))) continue
        const { missing, inserted } = attempt
        const tried = { root, missing, verified: verifiedBy(inserted, found) }
        if (tried.verified.outcome === 'holds') return tried
        gone ??= tried
      }
    }
    return gone
  }

  /** Where no step is enough alone: the likeliest ones put in, what is violated then tells what else is missing. */
  private pair(roots: readonly Root[], aim: Aim): Tried | undefined {
    const firsts = roots.flatMap((root) => firstOf(this.attempts(this.test, root))).slice(0, firstStepsMax)
    for (const first of firsts) {
      const { root, missing, test, inserted } = first
      if (this.left <= 0 || this.stop()) return undefined
      const seconds = this.rootsLeft(test, aim).filter((left) => !isSame(left.missing, root.missing))
      const second = this.single(first, seconds, { ...aim, before: nothing }, triesOfSecond)
      if (second?.verified.outcome !== 'holds') continue
      return { root, missing, verified: { ...second.verified, ...inserted, and: insertedOf(second.verified) } }
    }
    return undefined
  }

  /** Of the first violation of a program. */
  private rootsLeft(test: LitmusTest, { runs }: Aim): readonly Root[] {
    this.left--
    const [variant = ''] = test.variants
    try {
      const subject = subjectOfLitmus(test, { variant })
      const { violations } = check(subject, { statesMax: this.statesMax, stop: this.stop, wanted: 'first' })
      runs.push(...violations.map(({ labels }) => labels))
      return violations.flatMap(({ property, events }) => subject.roots?.(property, events) ?? [])
    } catch (error) {
      if (error instanceof UsageError) return []
      throw error
    }
  }

  /** The likeliest first. */
  private *attempts(test: LitmusTest, root: Root): Generator<Attempt> {
    if (root.missing.kind === 'store-order') yield* this.swaps(test, root)
    for (const { kind, steps } of this.candidates.stepsFor(root.missing)) {
      const step = kind === root.missing.kind ? root.missing.step : missingKinds[kind]
      const missing = { ...root.missing, kind, step }
      for (const { actor, gap } of this.places(test, missing)) {
        const changed = withProgram(test, actor, insertAt(bodyOf(test, actor), gap.index, steps))
        yield {
          root,
          missing,
          test: changed,
          added: steps,
          place: `${actor} ${gap.index}`,
          inserted: this.describe(test, actor, gap, steps),
        }
      }
    }
  }

  private *swaps(test: LitmusTest, root: Root): Generator<Attempt> {
    const { missing } = root
    for (const between of this.candidates.barriersBetween(missing.addr)) {
      for (const actor of actorsOf(test, missing)) {
        const late = (statement: Statement) => this.candidates.storesTo(statement, missing.addr)
        const early = (statement: Statement) =>
          this.candidates.storesTo(statement, missing.behind) || this.candidates.rings(statement)
        for (const { body, moved, before } of swapsOf(bodyOf(test, actor), { late, early, between })) {
          const steps = [moved, ...between]
          const inserted = this.describe(test, actor, { index: 0, before }, steps)
          const changed = withProgram(test, actor, body)
          yield { root, missing, test: changed, added: between, inserted: { ...inserted, moved: true } }
        }
      }
    }
  }

  /** Where the step may be missing, the likeliest place first. */
  private places(test: LitmusTest, missing: MissingStep): { readonly actor: number; readonly gap: Gap }[] {
    return actorsOf(test, missing).flatMap((actor) =>
      this.ordered(gapsOf(bodyOf(test, actor)), missing).map((gap) => ({ actor, gap })),
    )
  }

  /** After the write first, and on from there; before the load, and back from there; then all the rest. */
  private ordered(gaps: readonly Gap[], { kind, addr }: MissingStep): Gap[] {
    const isBefore = kind === 'invalidate' || kind === 'load-barrier'
    if (isBefore) {
      const at = gaps.findLastIndex(({ before }) => before !== undefined && this.candidates.reads(before, addr))
      if (at < 0) return [...gaps].reverse()
      return [...gaps.slice(0, at + 1).reverse(), ...gaps.slice(at + 1)]
    }
    // What is waited for is an invalidation.
    const told = kind === 'tlb-sync' ? gaps.findIndex(({ after }) => after?.do === 'tlbi' || after?.do === 'atc') : -1
    const written = gaps.findIndex(({ after }) => after !== undefined && this.candidates.writes(after, addr))
    const at = told < 0 ? written : told
    return at < 0 ? [...gaps] : [...gaps.slice(at), ...gaps.slice(0, at)]
  }

  /** Undefined where the steps cannot stand there, or a run shows that they do not help. */
  private tryIt(attempt: Attempt, aim: Aim & Base): Findings | undefined {
    const key = `${aim.property} ${attempt.test.actors.flatMap(({ body }) => body.map(printStatement)).join(' ; ')}`
    if (this.known.has(key)) return this.known.get(key)
    this.left--
    let found: Findings | undefined
    try {
      if (attempt.place === undefined || !aim.useless.has(attempt.place)) found = this.findingsOf(attempt, aim)
    } catch (error) {
      if (!(error instanceof UsageError)) throw error
    }
    this.known.set(key, found)
    return found
  }

  private findingsOf({ test, added, place }: Attempt, aim: Aim & Base): Findings | undefined {
    const [variant = ''] = test.variants
    const lowered = lowerLitmus(test, { variant })
    const subject = subjectOfLowered(test, { variant }, lowered)
    // Most attempts fail the way the program did before.
    const changed = { subject, lowered, tried: added, added: [...aim.added, ...added] }
    const wrong = stillWrong(changed, aim.runs.slice(-runsFollowed), (name) => isWrong(aim, name))
    if (wrong === 'before it' && place !== undefined) aim.useless.add(place)
    if (wrong) return undefined
    const bounds = { statesMax: this.statesMax, stop: this.stop }
    const first = findings(subject, { ...bounds, wanted: 'first' })
    // One that meets only what was there before is worth the whole search.
    const goesOn = first.violated.length > 0 && !first.violated.some((name) => isWrong(aim, name))
    const found = goesOn ? findings(subject, bounds) : first
    for (const [name, { steps }] of found.runs) if (isWrong(aim, name)) aim.runs.push(steps)
    return found
  }

  private describe(test: LitmusTest, actor: number, { after, before }: Gap, steps: readonly Statement[]): Inserted {
    const one = test.actors[actor] as LitmusTest['actors'][number]
    const line = (after ?? before)?.at?.line
    return {
      steps: steps.map(printStatement).join(' ; '),
      actor: one.actor === 'isr' ? `the handler of ${one.core}` : registerOwner(one),
      ...(after ? { after: firstLine(after) } : {}),
      ...(before ? { before: firstLine(before) } : {}),
      ...(line === undefined ? {} : { line }),
    }
  }
}

/** Places in the list of actors: the programs of the core that should have taken the step. */
function actorsOf(test: LitmusTest, { actor }: MissingStep): number[] {
  const core = coresOf(test)[Number(/^cpu(\d+)$/.exec(actor)?.[1] ?? 0)]
  return test.actors.flatMap((one, at) => (coreOf(one) === core ? [at] : []))
}

function bodyOf(test: LitmusTest, actor: number): readonly Statement[] {
  return (test.actors[actor] as LitmusTest['actors'][number]).body
}

function withProgram(test: LitmusTest, actor: number, body: readonly Statement[]): LitmusTest {
  return { ...test, actors: test.actors.map((one, at) => (at === actor ? { ...one, body } : one)) }
}

function verifiedBy(inserted: Inserted, { violated, states }: Findings): Verified {
  return { ...inserted, outcome: violated.length === 0 ? 'holds' : 'gone', left: violated, states }
}

/** Without what came of it. */
function insertedOf({ outcome: _outcome, left: _left, states: _states, ...inserted }: Verified): Inserted {
  return inserted
}

function firstOf(attempts: Generator<Attempt>): readonly Attempt[] {
  const { value } = attempts.next()
  return value === undefined ? [] : [value as Attempt]
}

function isWrong({ property, before }: Aim, name: string): boolean {
  return name === property || !before.has(name)
}

function isSame(a: MissingStep, b: MissingStep): boolean {
  return a.kind === b.kind && a.addr === b.addr && a.iova === b.iova && a.actor === b.actor
}
