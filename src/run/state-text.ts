/** Run | states of charts as text: a path, and which regions of it have changed. */

/** A state value as a path: "busy.walking", regions joined by "|". */
export function stateText(value: unknown): string {
  return regionsOf(value).join('|')
}

/** Paths of the regions that are not as they were; all of them if `before` is undefined. */
export function changedRegions(before: unknown, now: unknown): string[] {
  const known = new Set(before === undefined ? [] : regionsOf(before))
  return regionsOf(now).filter((region) => !known.has(region))
}

function regionsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  if (typeof value !== 'object' || value === null) return ['']
  return Object.entries(value).map(([key, inner]) => {
    const below = regionsOf(inner).join('|')
    return below === '' ? key : `${key}.${below}`
  })
}
