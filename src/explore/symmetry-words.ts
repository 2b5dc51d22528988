/** Explore | what keeps a declared symmetry from being one, in words: which step, what it should lead to, and where that differs. */

import type { Expansion, StepLabel, Successor } from './partition.ts'
import type { SystemPartition } from './system-partition.ts'

/** A step and its image, which should do the same up to names. */
export interface Mismatch {
  /** Names of the symmetries, as a list in words. */
  readonly symmetry: string
  /** Of the step and of its image. */
  readonly step: string
  readonly image: string
  /** What the step depends on: components with their values. */
  readonly read: readonly { readonly name: string; readonly value: unknown }[]
  /** What the image should lead to, and what it does lead to. */
  readonly wanted: Expansion
  readonly actual: Expansion | { readonly error: string }
}

/** @param twin the partition that the two expansions are of */
export function mismatchText({ symmetry, step, image, read, wanted, actual }: Mismatch, twin: SystemPartition): string {
  const where = read.map(({ name, value }) => placeText(name, value)).join(', ')
  const head = `symmetry "${symmetry}" is not one: "${step}" in a state with ${where || 'anything'}`
  if ('error' in actual)
    return [head, `  corresponds to "${image}" in the permuted state, which fails: ${actual.error}`].join('\n')
  if (wanted.successors.length === 0 && actual.successors.length === 0) {
    return [
      head,
      '  tells this state from the permuted one.',
      '  A property must not tell members apart: say it of all of them, or of none.',
    ].join('\n')
  }
  const due = only(wanted, actual)
  const is = only(actual, wanted)
  const lines = [head, `  corresponds to "${image}" in the permuted state.`]
  if (!due || !is) {
    lines.push(
      due
        ? `  There it should lead to ${effectText(due, twin)}, but nothing like it is possible.`
        : `  There nothing like it should be possible, but it leads to ${effectText(is as Successor, twin)}.`,
    )
  } else {
    lines.push(`  There it should lead to ${effectText(due, twin)},`, `  but it leads to ${effectText(is, twin)}.`)
  }
  const differing = due && is ? differences(due, is, twin) : []
  const about = differing.length > 0 ? `${differing.join(', ')} ` : 'A field or port '
  lines.push(`  ${about}may be undeclared or have another role, or the members do not behave alike.`)
  return lines.join('\n')
}

/** A successor of the one expansion that the other does not have. */
function only(some: Expansion, others: Expansion): Successor | undefined {
  const known = new Set(others.successors.map(textOf))
  return some.successors.find((successor) => !known.has(textOf(successor)))
}

function textOf({ writes, progress, violates, label }: Successor): string {
  return JSON.stringify([label, progress, violates, writes.map(({ component, to }) => [component, to])])
}

/** "slot1 in driver.mapped (page=1 pte=1), and "S2" is violated". */
function effectText({ writes, violates, label }: Successor, twin: SystemPartition): string {
  const changes = writes.map(({ component, to }) => {
    return placeText(twin.components[component]?.name ?? '', twin.describe(component, to))
  })
  const broken = violates.map((property) => `the violation of "${twin.properties[property]}"`)
  const said = choiceText(label)
  return `${[...changes, ...broken].join(', ') || 'the same state'}${said === '' ? '' : ` by ${said}`}`
}

/** What sets a step apart from others of its group. */
function choiceText(label: StepLabel): string {
  if (label.kind === 'deliver') return wordsOf(JSON.parse(label.message))
  return label.value === 0 ? '' : `the value ${label.value}`
}

/** Most names of fields that are listed. */
const namesMax = 4

/** Dotted names of what the two leave different, as declarations have them; of what only one of them changes, its name. */
function differences(due: Successor, is: Successor, twin: SystemPartition): string[] {
  const written = ({ writes }: Successor) => new Set(writes.map(({ component }) => component))
  const [left, right] = [written(due), written(is)]
  const alone = [...left, ...right].filter((component) => !left.has(component) || !right.has(component))
  const both = (component: number): boolean => left.has(component) && right.has(component)
  const [leaves, others] = [leavesOf(due, twin, both), leavesOf(is, twin, both)]
  const fields = [...new Set([...leaves.keys(), ...others.keys()])].filter(
    (path) => leaves.get(path) !== others.get(path),
  )
  const names = [...new Set(alone.map((component) => twin.components[component]?.name ?? ''))]
  const all = [...fields, ...names].sort()
  return all.length > namesMax ? [...all.slice(0, namesMax), '…'] : all
}

function leavesOf(
  { writes }: Successor,
  twin: SystemPartition,
  counts: (component: number) => boolean,
): Map<string, string> {
  const leaves = new Map<string, string>()
  for (const { component, to } of writes) {
    if (!counts(component)) continue
    const name = twin.components[component]?.name ?? ''
    const value = twin.describe(component, to)
    // Of an actor, its fields are named as symmetries name them.
    if (isActor(value)) {
      leaves.set(name, stateText(value.state))
      collect(value.context, name, leaves)
    } else collect(value, name, leaves)
  }
  return leaves
}

function collect(value: unknown, path: string, leaves: Map<string, string>): void {
  if (typeof value !== 'object' || value === null) leaves.set(path, JSON.stringify(value))
  else {
    const { type } = value as { readonly type?: unknown }
    // A message's fields are declared by its type, on whatever channel it is.
    const name = typeof type === 'string' ? type : path
    for (const [key, inner] of Object.entries(value)) collect(inner, `${name}.${key}`, leaves)
  }
}

/** "buffer0 in line.clean|owner.free (cached=0 word=1)". */
function placeText(name: string, value: unknown): string {
  if (isActor(value)) {
    const context = wordsOf(value.context)
    return `${name} in ${stateText(value.state)}${context === '' ? '' : ` (${context})`}`
  }
  const words = wordsOf(value)
  return `${name} ${words === '' || words === '[]' ? 'empty' : `(${words})`}`
}

function isActor(value: unknown): value is { readonly state: unknown; readonly context: unknown } {
  return typeof value === 'object' && value !== null && 'state' in value && 'context' in value
}

/** Of an object "a=1 b=[2 3]", of a message its type first. */
function wordsOf(value: unknown): string {
  if (typeof value === 'string') return value
  if (Array.isArray(value)) return `[${value.map(wordsOf).join(', ')}]`
  if (typeof value !== 'object' || value === null) return String(value)
  const { type, ...rest } = value as Record<string, unknown>
  const fields = Object.entries(rest).map(([key, inner]) => {
    const text = wordsOf(inner)
    return `${key}=${typeof inner === 'object' && inner !== null && !Array.isArray(inner) ? `{${text}}` : text}`
  })
  return [...(type === undefined ? [] : [wordsOf(type)]), ...fields].join(' ')
}

/** A state value as a path: "busy.walking", regions joined by "|". */
function stateText(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value ?? '')
  return Object.entries(value)
    .map(([key, inner]) => [key, stateText(inner)].filter(Boolean).join('.'))
    .join('|')
}
