/** Explore | the groups of a system: what each channel can deliver, each choice of each actor, and who looks at states. */

import type { Channel } from '../kernel/channel.ts'
import type { System } from '../kernel/system.ts'
import type { Property } from './define-system.ts'
import type { Group } from './partition.ts'

/** A group of steps: what one channel can deliver, or one choice of one actor. */
export type StepGroup =
  | { readonly kind: 'deliver'; readonly channel: Channel }
  | { readonly kind: 'spontaneous'; readonly actor: number; readonly choice: number }

export type OwnGroup = StepGroup | { readonly kind: 'state'; readonly property: number } | { readonly kind: 'end' }

/** A group, and what it is made of. */
export interface DeclaredGroup {
  readonly own: OwnGroup
  readonly group: Group
}

/**
 * All groups. By actor, because groups that read the same few components are fastest side by side.
 * @param properties their names, and what is declared of them.
 */
export function groupsOf(
  system: System,
  properties: readonly { readonly name: string; readonly property: Property | undefined }[],
): DeclaredGroup[] {
  const groups: DeclaredGroup[] = []
  for (const actor of system.actors) {
    for (const channel of actor.inChannels) {
      if (channel.capacity === 0) continue
      groups.push({ own: { kind: 'deliver', channel }, group: { kind: 'step', name: channel.id } })
    }
    actor.definition.spontaneous.forEach(({ event, kind }, choice) => {
      const own = { kind: 'spontaneous', actor: actor.index, choice } as const
      const more = kind === 'must' ? { unit: actor.id } : { optional: true }
      groups.push({ own, group: { kind: 'step', name: `${event} of ${actor.id}`, ...more } })
    })
  }
  properties.forEach(({ name, property }, index) => {
    if (property?.kind !== 'always' && property?.kind !== 'sometimes') return
    groups.push({ own: { kind: 'state', property: index }, group: { kind: 'state', name: `${property.kind} ${name}` } })
  })
  groups.push({ own: { kind: 'end' }, group: { kind: 'end', name: 'end' } })
  return groups
}
