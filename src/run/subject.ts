/** Run | what can be checked: a system of charts with its properties, or a scenario on its platform with the oracles. */

import { completionProperty } from '../explore/completion.ts'
import type {
  ActorFairness,
  CheckableSystem,
  Predicate,
  Property,
  Symmetry,
  ValueSymmetry,
} from '../explore/define-system.ts'
import type { Observer } from '../explore/observer.ts'
import { deadlockProperty } from '../explore/system-partition.ts'
import type { RuntimeName } from '../kernel/actor.ts'
import type { Schedule } from '../kernel/schedule.ts'
import type { SystemSpec } from '../kernel/system.ts'
import type { Rule, TraceEvent } from '../kernel/trace.ts'
import type { PlaceNames } from '../litmus/named-places.ts'
import type { ToldStatement } from '../litmus/trails.ts'
import type { Root } from '../oracle/root.ts'
import { demandSubject } from './check-shape.ts'
import type { PartValues } from './space-size.ts'
import { printToken } from './token.ts'

/** One thing to check. */
export interface Subject {
  readonly id: string
  readonly question: string
  readonly spec: SystemSpec
  readonly properties: Readonly<Record<string, Property>>
  readonly symmetries: readonly Symmetry[]
  readonly valueSymmetries: readonly ValueSymmetry[]
  /** Of actors that are promised more than others, for `leadsTo`. */
  readonly fairness?: Readonly<Record<string, ActorFairness>>
  /** Fresh ones at each call. */
  readonly observers: () => readonly Observer[]
  /** `trust`: reactions are known to be pure, and need not be run twice. */
  readonly purity?: 'trust'
  /** `ignore`: an observer judges states in which nothing can go on. */
  readonly deadlock?: 'ignore'
  /** The property as which it counts that some program can no longer come to its end. Default `completion`. */
  readonly completion?: string
  /** What must be reached besides the ends of all programs, and what to say of a run after which it can't be. */
  readonly over?: { readonly isReached: Predicate; readonly otherwise: string }
  /** `must`: what only may happen, as an eviction, is no way to the ends of programs. Default: any step is. */
  readonly ways?: 'any' | 'must'
  /** Hardware features that are on and off; absent for systems without hardware. */
  readonly features?: Readonly<Record<string, boolean>>
  /** Whose forms of the DMA operations its programs use; absent for systems without hardware. */
  readonly edition?: string
  /** Of the file that a user's system is from. */
  readonly digest?: string
  /** For a broken twin: what it violates first, and what else it may violate. */
  readonly violates?: readonly string[]
  /** What holds as long as a property is not violated, in words. */
  readonly rule: (property: string) => string
  /** The line that repeats a run of these choices. */
  readonly replay: (schedule: Schedule) => string
  /** Runs the choices and says for each property of an observer that was violated how, in one sentence. */
  readonly judge?: (schedule: Schedule, runtime: RuntimeName) => ReadonlyMap<string, string>
  /** Of choices after which the programs can no longer end: where each of them gets to, in one sentence. */
  readonly stuck?: (schedule: Schedule) => string
  /** What makes the space of states large, measured by what its parts had; see `spaceHints`. */
  readonly spaceHints?: (parts: readonly PartValues[]) => readonly string[]
  /** What its author calls addresses. */
  readonly names?: PlaceNames
  /** The statement at which an actor with a program stands, by its context. */
  readonly statementAt?: (actor: string, context: { readonly pc: number }) => ToldStatement | undefined
  /** The likeliest roots of a violation in which these reactions ended, best first. */
  readonly roots?: (property: string, events: readonly TraceEvent[]) => readonly Root[]
}

/** What should have held where a property is violated. */
export function ruleFor({ rule, properties }: Subject, property: string): Rule {
  return properties[property]?.kind === 'leadsTo' ? { response: rule(property) } : { always: rule(property) }
}

/** Where a system comes from, for its replay line. */
export interface SystemSource {
  readonly file: string
  /** Digest of the file. */
  readonly digest: string
}

/** A user's system as a subject. */
export function subjectOfSystem(system: CheckableSystem, source?: SystemSource): Subject {
  demandSubject(system, 'subjectOfSystem')
  return {
    id: system.id,
    question: system.description,
    spec: system.spec,
    properties: system.properties,
    symmetries: system.symmetries,
    valueSymmetries: system.valueSymmetries,
    ...(system.fairness ? { fairness: system.fairness } : {}),
    observers: () => [],
    ...(source ? { digest: source.digest } : {}),
    rule: (property) => system.properties[property]?.description ?? ruleOf(property, system.properties[property]),
    replay: (schedule) => {
      const token = printToken({
        request: { scenario: system.id, ...(source ? { system: source.digest } : {}) },
        schedule,
      })
      return `npx dmarace replay ${token}${source ? ` --system ${source.file}` : ''}`
    },
  }
}

function ruleOf(name: string, property: Property | undefined): string {
  if (name === deadlockProperty) return 'something can go on until every program has ended'
  if (name === completionProperty) return 'every program can come to its end'
  if (property?.kind === 'never') return `no ${property.event}`
  return name
}
