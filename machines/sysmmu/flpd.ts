/** SYSMMU | the cache of first-level descriptors of version 3.2 and later: pure functions. */

/** Entries 0 to `count` - 1 are valid, the newest first; the rest is zero. */
export interface FlpdCache {
  count: number
  /** Number of the level-1 entry. */
  indices: number[]
  /** Its descriptor, as memory held it when it was read. */
  descriptors: number[]
}

/** An empty cache. */
export function emptyFlpdCache(capacity: number): FlpdCache {
  const zeros = (): number[] => new Array<number>(capacity).fill(0)
  return { count: 0, indices: zeros(), descriptors: zeros() }
}

/** Place of the descriptor of level-1 entry `index`, or -1. */
export function flpdFind({ count, indices }: FlpdCache, index: number): number {
  for (let at = 0; at < count; at++) if (indices[at] === index) return at
  return -1
}

/** Keeps a descriptor, instead of an older one of the same entry, or of the oldest one if all places are taken. */
export function flpdKeep(cache: FlpdCache, index: number, descriptor: number): void {
  const known = flpdFind(cache, index)
  if (known >= 0) flpdRemove(cache, known)
  else if (cache.count === cache.indices.length) flpdRemove(cache, cache.count - 1)
  for (let at = cache.count; at > 0; at--) copy(cache, at - 1, at)
  cache.indices[0] = index
  cache.descriptors[0] = descriptor
  cache.count++
}

/** Forgets the descriptor at place `at`. */
export function flpdRemove(cache: FlpdCache, at: number): void {
  for (let next = at + 1; next < cache.count; next++) copy(cache, next, next - 1)
  cache.count--
  cache.indices[cache.count] = 0
  cache.descriptors[cache.count] = 0
}

function copy(cache: FlpdCache, from: number, to: number): void {
  cache.indices[to] = cache.indices[from] as number
  cache.descriptors[to] = cache.descriptors[from] as number
}
