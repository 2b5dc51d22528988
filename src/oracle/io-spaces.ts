/** Oracle | spaces of IO addresses: which of them a translation, a walk or a device's access is in. */

import type { OracleConfig } from './oracle.ts'

/** A space that is not known: any of those that its holder has. */
export const anySpace = -1

const firstSpace: readonly number[] = [0]

/** Those that a holder has translations of, and those that a device's accesses may be in. */
export function spacesHeld({ translators }: OracleConfig, holder: number): readonly number[] {
  return translators[holder]?.spaces ?? firstSpace
}
export function spacesBefore({ ioSpaces }: OracleConfig, device: number): readonly number[] {
  return ioSpaces[device] ?? firstSpace
}

/** Number of whoever keeps a translation; -1: one that nothing is known of. */
export function holderOf({ translators, mmus }: OracleConfig, id: string): number {
  return translators.length > 0 ? translators.findIndex((one) => one.id === id) : mmus.indexOf(id)
}

export function holderName({ translators, mmus }: OracleConfig, holder: number): string {
  return translators[holder]?.id ?? mmus[holder] ?? 'an MMU'
}

/** The space of an entry: the only one of its holder, or that of its tag. */
export function spaceOf(config: OracleConfig, holder: number, tag: number | undefined): number {
  const spaces = spacesHeld(config, holder)
  const isTagged = config.translators[holder]?.isTagged === true
  if (isTagged && tag !== undefined) return spaces[tag] ?? anySpace
  return spaces.length === 1 ? (spaces[0] as number) : anySpace
}

/** Whether a walk of `holder`, in the tables of a domain if that is known, is in a space. */
export function walksIn(config: OracleConfig, holder: number, domain: number | undefined, space: number): boolean {
  const spaces = spacesHeld(config, holder)
  return domain === undefined ? spaces.includes(space) : spaces[domain] === space
}
