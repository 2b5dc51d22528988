/** Oracle | ownership periods of streaming buffers, with the accesses whose order must be known; pure functions. */

/** Whose period it is. `changing`: between call and return of the operation that hands the memory over. */
export type Owner = 'cpu' | 'device' | 'changing'

/**
 * Who knows of something that happened: a bit for each core, device, and place where knowledge waits to be picked up. An
 * actor that knows of an event is ordered after it, so this is what a vector clock says about these events, without the
 * counters.
 */
export type Knowers = number

/** Bits of `Knowers`. Cores 0 to 3, devices 4 to 7, ends of frames by device, then named objects and the queue. */
export const knower = {
  core: (core: number): Knowers => 1 << core,
  device: (device: number): Knowers => 1 << (4 + device),
  /** The device's work up to the end of its last frame. */
  frameEnd: (device: number): Knowers => 1 << (8 + device),
  object: (object: number): Knowers => 1 << (12 + object),
  /** What the core knew that last queued the buffer. */
  queue: 1 << 29,
} as const

/** Objects (locks, lists, variables) told apart; what comes beyond shares the last one. */
export const objectsMax = 16

/** Actors of `touched`: cores 0 to 3, devices from 4 on. */
const actorsMax = 8

/** A part of a buffer with one owner: bytes [start, end). */
export interface Segment {
  start: number
  end: number
  owner: Owner
  /** Core whose operation is under way while `changing`; it may touch the memory (bounce copies). */
  mover: number
  /** Who knows that the period began. */
  began: Knowers
  /** Who knows of the last touch in this period, by actor; 0: none. */
  touched: Knowers[]
}

/** One owner for all of a buffer. */
export function segment(start: number, end: number, owner: Owner, began: Knowers): Segment {
  return { start, end, owner, mover: -1, began, touched: new Array<Knowers>(actorsMax).fill(0) }
}

/** The segment with byte `offset`, or undefined. */
export function segmentAt(segments: readonly Segment[], offset: number): Segment | undefined {
  for (let i = 0; i < segments.length; i++) {
    const candidate = segments[i] as Segment
    if (offset < candidate.end && offset >= candidate.start) return candidate
  }
  return undefined
}

/** Splits segments so that [start, end) is made of whole ones. */
export function split(segments: Segment[], start: number, end: number): void {
  for (const cut of [start, end]) {
    const index = segments.findIndex((one) => one.start < cut && cut < one.end)
    const one = segments[index]
    if (one === undefined) continue
    segments.splice(index + 1, 0, { ...one, start: cut, touched: [...one.touched] })
    one.end = cut
  }
}

/** Joins neighbours that say the same. */
export function merge(segments: Segment[]): void {
  for (let i = segments.length - 1; i > 0; i--) {
    const left = segments[i - 1] as Segment
    const right = segments[i] as Segment
    const same =
      left.end === right.start &&
      left.owner === right.owner &&
      left.mover === right.mover &&
      left.began === right.began &&
      left.touched.every((knowers, actor) => knowers === right.touched[actor])
    if (!same) continue
    left.end = right.end
    segments.splice(i, 1)
  }
}

/** `to` learns what `from` knows. */
export function learn(segments: readonly Segment[], from: Knowers, to: Knowers): void {
  for (let i = 0; i < segments.length; i++) {
    const one = segments[i] as Segment
    if (one.began & from) one.began |= to
    const { touched } = one
    for (let actor = 0; actor < touched.length; actor++) {
      if ((touched[actor] as Knowers) & from) touched[actor] = (touched[actor] as Knowers) | to
    }
  }
}

/** What waited in `place` is replaced by what `from` knows. */
export function deposit(segments: readonly Segment[], from: Knowers, place: Knowers): void {
  for (const one of segments) {
    one.began = one.began & from ? one.began | place : one.began & ~place
    for (let actor = 0; actor < one.touched.length; actor++) {
      const knowers = one.touched[actor] as Knowers
      one.touched[actor] = knowers & from ? knowers | place : knowers & ~place
    }
  }
}
