/** Oracle | state in parts: a run holds all of it, a search hands out one part at a time. */

/**
 * Each property is a part, or a list of parts of fixed length. A part is an object with fixed keys; whoever works on it
 * reads and sets its properties, and never keeps it from one event to the next.
 */
export type PartedState<State> = { readonly [Key in keyof State]: object }

/** Name of each part, as `pages.3` or `buffers`, in order. */
export function partNames<State extends PartedState<State>>(state: State): string[] {
  return Object.entries<object>(state).flatMap(([key, value]) =>
    Array.isArray(value) ? value.map((_, index) => `${key}.${index}`) : [key],
  )
}

/** The parts themselves, in the order of `partNames`. */
export function partsOf<State extends PartedState<State>>(state: State): object[] {
  return Object.values<object>(state).flatMap((value) => (Array.isArray(value) ? (value as object[]) : [value]))
}

/** Where the parts of one event come from. */
export interface PartSource {
  /** Part number `part`, the same object for the whole event. */
  get(part: number): object
}

/**
 * An object that looks like `sample`, whose parts are fetched from `source` when they are used.
 * @param first number of its first part
 */
export function windowOn<State extends PartedState<State>>(sample: State, source: PartSource, first: number): State {
  let part = first
  const pane = (of: object): object => {
    const number = part++
    const result = {}
    for (const key of Object.keys(of)) {
      Object.defineProperty(result, key, {
        enumerable: true,
        get: () => (source.get(number) as Record<string, unknown>)[key],
        set: (value: unknown) => {
          ;(source.get(number) as Record<string, unknown>)[key] = value
        },
      })
    }
    return result
  }
  const entries = Object.entries<object>(sample).map(([key, value]) => {
    return [key, Array.isArray(value) ? value.map(pane) : pane(value)] as const
  })
  return Object.fromEntries(entries) as State
}
