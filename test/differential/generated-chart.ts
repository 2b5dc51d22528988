/** Differential | generateMachine draws a random statechart that uses every supported feature, with traced actions. */

import { canonical } from '../../src/base/canonical.ts'
import type { Prng } from '../../src/base/prng.ts'
import type { Message, Out } from '../../src/kernel/actor.ts'
import { automaticCycles, canBeDone, endsChart } from '../../src/statechart/automatic.ts'
import { buildChart } from '../../src/statechart/chart.ts'
import type { MachineConfig, Reference, StateConfig, TransitionConfig } from '../../src/statechart/define.ts'

export const EXTERNAL = ['e0', 'e1', 'e2', 'e3', 'e4']
export const RAISED = ['r0', 'r1']
const FIELDS = ['a', 'b', 'c'] as const
type Field = (typeof FIELDS)[number]

export interface Context {
  a: number
  b: number
  c: number
  /** Raises left; the driver refills it before each message, so raising cannot go on forever. */
  fuel: number
  seen: string
  nested: { list: number[] }
}

export interface Event extends Message {
  readonly value?: number
}

/** Where actions write what they did; the driver swaps it between the engines. */
export interface Trace {
  lines: string[]
}

/** The mutable form of a state while it is drawn. */
interface Draft {
  description: string
  type?: 'parallel' | 'final'
  initial?: string
  states?: Record<string, Draft>
  on?: Record<string, TransitionConfig[]>
  always?: TransitionConfig[]
  onDone?: TransitionConfig[]
  entry?: Reference[]
  exit?: Reference[]
}

interface Place {
  readonly path: string
  readonly draft: Draft
  readonly depth: number
}

/** A total machine without automatic cycles. Returns undefined when the draw was hopeless; draw again. */
export function generateMachine(prng: Prng, trace: Trace): MachineConfig<Context, Event> | undefined {
  const drawing = new Drawing(prng)
  const config = { ...implementations(trace), chart: drawing.root as StateConfig }
  if (drawing.places.length < 3 || endsChart(buildChart(config, [])).length > 0) return undefined
  drawing.addTransitions()
  drawing.addAutomatic(() => automaticCycles(buildChart(config, [])).length > 0, finishable(config))
  return config
}

/** Paths of the states that can be done. */
function finishable(config: MachineConfig<Context, Event>): Set<string> {
  return new Set(
    buildChart(config, [])
      .nodes.filter((node) => node.children.length > 0 && canBeDone(node))
      .map((node) => node.path),
  )
}

class Drawing {
  readonly places: Place[] = []
  readonly root: Draft
  private readonly prng: Prng
  private marks = 0

  constructor(prng: Prng) {
    this.prng = prng
    this.root = this.drawState('', 0, undefined)
  }

  private drawState(path: string, depth: number, parent: 'compound' | 'parallel' | undefined): Draft {
    const { prng } = this
    const draft: Draft = { description: `state ${path}` }
    this.places.push({ path, draft, depth })
    if (prng.chance(1, 2)) draft.entry = this.actions()
    if (prng.chance(1, 2)) draft.exit = this.actions()
    const isLeaf = depth > 0 && (depth >= 4 || this.places.length > 22 || prng.chance(depth + 1, 6))
    if (isLeaf) {
      if (depth >= 2 && prng.chance(2, parent === 'compound' ? 5 : 6)) draft.type = 'final'
      return draft
    }
    const isParallel = prng.chance(2, 5)
    if (isParallel) draft.type = 'parallel'
    draft.states = {}
    const count = isParallel ? 1 + prng.below(3) : 1 + prng.below(4)
    for (let i = 0; i < count; i++) {
      const key = `s${i}`
      draft.states[key] = this.drawState(
        path === '' ? key : `${path}.${key}`,
        depth + 1,
        isParallel ? 'parallel' : 'compound',
      )
    }
    if (!isParallel) draft.initial = prng.pick(Object.keys(draft.states))
    return draft
  }

  private actions(): Reference[] {
    const result: Reference[] = []
    for (let i = this.prng.below(3); i >= 0; i--) result.push(this.action())
    return result
  }

  private action(): Reference {
    const { prng } = this
    switch (prng.below(8)) {
      case 0:
      case 1:
        return { type: 'bump', params: { field: prng.pick(FIELDS), by: 1 + prng.below(3) } }
      case 2:
        return { type: 'push', params: { value: prng.below(4) } }
      case 3:
        return 'note'
      case 4:
        return { type: 'send', params: { port: prng.pick(['left', 'right']) } }
      case 5:
        return prng.chance(1, 2) ? 'report' : 'answer'
      case 6:
        return prng.chance(1, 2) ? { type: 'raise', params: { event: prng.pick(RAISED) } } : 'note'
      default:
        return { type: 'mark', params: { id: this.marks++ } }
    }
  }

  private guard(): Reference {
    const { prng } = this
    if (prng.chance(1, 4)) return 'evenMessage'
    const type = prng.pick(['below', 'atLeast'])
    return { type, params: { field: prng.pick(FIELDS), limit: 1 + prng.below(4) } }
  }

  private target(from: Place): string | undefined {
    const { prng } = this
    switch (prng.below(8)) {
      case 0:
        return undefined
      case 1:
        return from.path === '' ? '#m' : (from.path.split('.').pop() as string)
      case 2: {
        const children = Object.keys(from.draft.states ?? {})
        return children.length > 0 ? `.${prng.pick(children)}` : undefined
      }
      case 3:
        return prng.chance(1, 4) ? '#m' : `#m.${prng.pick(this.places.slice(1)).path}`
      default:
        return `#m.${prng.pick(this.places.slice(1)).path}`
    }
  }

  private transition(from: Place, isGuarded: boolean): TransitionConfig {
    const { prng } = this
    const target = this.target(from)
    return {
      ...(target === undefined ? {} : { target }),
      ...(isGuarded ? { guard: this.guard() } : {}),
      ...(prng.chance(1, 2) ? { actions: this.actions() } : {}),
      ...(prng.chance(1, 5) ? { reenter: true } : {}),
    }
  }

  /** Mostly to a later sibling: such steps stay in their region, so several regions take theirs together. */
  private automatic(from: Place, isGuarded: boolean): TransitionConfig {
    const transition = this.transition(from, isGuarded)
    const siblings = this.places.filter((place) => isLaterSibling(place.path, from.path))
    if (siblings.length === 0 || this.prng.chance(1, 4)) return transition
    return { ...transition, target: this.prng.pick(siblings).path.split('.').pop() as string }
  }

  private automaticCandidates(from: Place): TransitionConfig[] {
    const list = [this.automatic(from, true)]
    if (this.prng.chance(1, 3)) list.push(this.automatic(from, true))
    if (this.prng.chance(1, 4)) list.push(this.automatic(from, false))
    return list
  }

  private candidates(from: Place, mayStall: boolean): TransitionConfig[] {
    const { prng } = this
    const result: TransitionConfig[] = []
    for (let i = prng.below(3); i > 0; i--) result.push(this.transition(from, true))
    const last = prng.below(16)
    if (last === 0) result.push({})
    else if (last === 1 && mayStall) result.push({ meta: { stall: 'not now' } })
    else result.push(this.transition(from, last < 6))
    return result
  }

  addTransitions(): void {
    const { prng } = this
    for (const place of this.places) {
      const on: Record<string, TransitionConfig[]> = {}
      for (const event of [...EXTERNAL, ...RAISED]) {
        const isRaised = RAISED.includes(event)
        if (place.path === '') on[event] = this.rootCandidates(place, isRaised)
        else if (prng.chance(2, 7)) on[event] = this.candidates(place, !isRaised)
      }
      place.draft.on = on
    }
  }

  /** The root decides whatever is left, so that every message is decided. */
  private rootCandidates(place: Place, isRaised: boolean): TransitionConfig[] {
    const { prng } = this
    const guarded = prng.chance(1, 2) ? [this.transition(place, true)] : []
    if (prng.chance(1, 3) && guarded.length === 0) return [{ meta: { ignore: 'nobody minds' } }]
    if (prng.chance(1, 6) && !isRaised) return [...guarded, { meta: { stall: 'nobody can' } }]
    return [...guarded, this.transition(place, false)]
  }

  /** `always` and `onDone`, each kept only while it closes no cycle. */
  addAutomatic(isCyclic: () => boolean, finishablePaths: ReadonlySet<string>): void {
    const { prng } = this
    for (const place of this.places) {
      if (place.path === '') continue
      const { draft } = place
      if (finishablePaths.has(place.path) && prng.chance(3, 4)) draft.onDone = this.candidates(place, false)
      if (prng.chance(1, 2)) draft.always = this.automaticCandidates(place)
      if ((draft.always || draft.onDone) && isCyclic()) {
        delete draft.always
        if (draft.onDone && isCyclic()) delete draft.onDone
      }
    }
  }
}

function isLaterSibling(path: string, than: string): boolean {
  const parent = (of: string) => of.slice(0, of.lastIndexOf('.') + 1)
  return parent(path) === parent(than) && path > than
}

function implementations(trace: Trace): Omit<MachineConfig<Context, Event>, 'chart'> {
  const log = (context: Context, message: Event, what: string) =>
    trace.lines.push(`${what} on ${canonical(message)} a${context.a} b${context.b} c${context.c}`)
  const many = { left: 40, right: 40 }
  return {
    id: 'm',
    description: 'generated',
    inPorts: { in: EXTERNAL },
    outPorts: { left: ['word'], right: ['word'] },
    events: Object.fromEntries([...EXTERNAL, ...RAISED].map((event) => [event, `event ${event}`])),
    raised: RAISED,
    context: () => ({ a: 0, b: 0, c: 0, fuel: 3, seen: '', nested: { list: [] } }),
    guards: {
      below: (context, _message, { field, limit }: { field: Field; limit: number }) => context[field] < limit,
      atLeast: (context, _message, { field, limit }: { field: Field; limit: number }) => context[field] >= limit,
      evenMessage: (_context, message) => (message.value ?? 1) % 2 === 0,
    },
    actions: {
      bump: {
        description: 'changes what guards look at',
        run: (context, message, _out, { field, by }: { field: Field; by: number }) => {
          log(context, message, `bump ${field} ${by}`)
          context[field] = (context[field] + by) % 5
        },
      },
      push: {
        description: 'changes nested data in place',
        run: (context, message, _out, { value }: { value: number }) => {
          log(context, message, `push ${value}`)
          context.nested.list.push(value)
          if (context.nested.list.length > 4) context.nested.list.shift()
        },
      },
      note: {
        description: 'remembers the event',
        run: (context, message) => {
          log(context, message, 'note')
          context.seen = message.type
        },
      },
      mark: {
        description: 'only leaves a trace',
        run: (context, message, _out, { id }: { id: number }) => log(context, message, `mark ${id}`),
      },
      send: {
        description: 'sends a payload that the context goes on changing',
        sends: { left: 1, right: 1 },
        run: (context, message, out, { port }: { port: string }) => {
          log(context, message, `send ${port}`)
          out.send(port, { type: 'word', value: context.a, list: context.nested.list } as Message)
        },
      },
      report: {
        description: 'emits',
        run: (context, message, out) => {
          log(context, message, 'report')
          out.emit({ type: 'seen', list: context.nested.list } as Message)
        },
      },
      answer: {
        description: 'replies',
        run: (context, message, out) => {
          log(context, message, 'answer')
          out.reply({ type: 'answer', value: context.b } as Message)
        },
      },
      raise: {
        description: 'raises with a payload that the context goes on changing',
        sends: many,
        run: (context, message, out: Out, { event }: { event: string }) => {
          log(context, message, `raise ${event}`)
          if (context.fuel-- <= 0) return
          out.raise({ type: event, value: context.a, list: context.nested.list } as Message)
        },
      },
    },
  }
}
