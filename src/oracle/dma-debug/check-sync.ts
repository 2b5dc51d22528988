/** Oracle | dma-debug's checks when a mapping is synced: `check_sync`. */

import { counted, directionNames } from './check-unmap.ts'
import { type DebugEntry, type DebugTable, findContaining, type Reference } from './entries.ts'
import { type Finding, finding, type Site } from './findings.ts'

const [bidirectional, toDevice, fromDevice] = [0, 1, 2] as const

/** @param reference the range itself: its first DMA address and its bytes */
export function checkSync(table: DebugTable, site: Site, reference: Reference, toCpu: boolean): Finding[] {
  const did = `synced for ${toCpu ? 'the cpu' : 'the device'}`
  const entry = findContaining(table, reference)
  if (entry === undefined) {
    const likely = 'it was unmapped before, or the handle is wrong'
    return [finding('sync-not-allocated', site, reference, { did, expected: 'a live mapping there', likely })]
  }
  const found: Finding[] = []
  const say = (name: Parameters<typeof finding>[0], actual: string, expected: string, likely: string) =>
    found.push(finding(name, site, reference, { did: `${did} ${actual}`, expected, likely }, entry))
  const left = entry.handle + entry.bytes - reference.handle
  if (reference.bytes > left) {
    say(
      'sync-outside',
      `${reference.bytes} bytes at`,
      `at most ${left} bytes`,
      'offset and size are of another mapping',
    )
  }
  if (entry.direction === bidirectional) return found
  checkDirection(reference, entry, toCpu, say)
  if (reference.kind === 'sg' && reference.entries !== 0 && reference.entries !== entry.entries) {
    const likely = 'the count that map_sg returned was used instead of the one it was given'
    say('sync-sg-count', `as a list of ${counted(reference.entries)} the one at`, counted(entry.entries), likely)
  }
  return found
}

/** The kernel prints `sync-direction` beside the more exact two; one misuse is one report here. */
function checkDirection(
  reference: Reference,
  entry: DebugEntry,
  toCpu: boolean,
  say: (name: Parameters<typeof finding>[0], actual: string, expected: string, likely: string) => void,
): void {
  const actual = `${directionNames[reference.direction]} the mapping at`
  const expected = directionNames[entry.direction]
  if (toCpu && entry.direction !== fromDevice && reference.direction !== toDevice) {
    say('sync-read-only', actual, expected, 'the device only reads this memory, and there is nothing to fetch')
  } else if (!toCpu && entry.direction !== toDevice && reference.direction !== fromDevice) {
    say('sync-write-only', actual, expected, 'the device only writes this memory, and there is nothing to give')
  } else if (reference.direction !== entry.direction) {
    say('sync-direction', actual, expected, 'the maintenance is that of another direction')
  }
}
