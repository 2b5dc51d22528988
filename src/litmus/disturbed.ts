/** Litmus | memory that changes behind the caches and is seen through them: only there do unmodified copies matter. */

import type { Features } from '../../machines/features.ts'
import type { MemoryRange } from '../../machines/geometry.ts'
import { CallLines, type Touched } from './call-lines.ts'
import { type AccessType, accessTypes, type LitmusTest, type Location, type Statement } from './form.ts'
import type { Ground } from './locations.ts'
import { isVirtual, kindsOfEntries, Lines, merged, typeOf, writesUnknownEntries } from './memory-lines.ts'
import { partsIn, programsOf, registerOwner, statementsOf } from './statements.ts'

interface Both {
  readonly changed: Lines
  readonly seen: Lines
}

/**
 * Lines that somebody changes past the caches (devices, non-cacheable stores, an IOMMU's status) and somebody sees through them
 * (cores, and whoever looks the caches up). A clean copy of any other line equals memory, or nobody looks at it. Dirty lines
 * may be evicted wherever they are. Absent: any line.
 */
export function disturbedLines(
  test: LitmusTest,
  ground: Ground,
  features: Features,
): readonly MemoryRange[] | undefined {
  const changed = new Lines(ground)
  const seen = new Lines(ground)
  const entries = kindsOfEntries(test, ground)
  const calls = new CallLines(test, ground)
  const coherent = new Set(test.platform.units.flatMap((unit) => (unit.unit === 'coherent' ? [unit.device] : [])))
  const isCoherent = (device: string): boolean => features.deviceCoherent || coherent.has(device)
  for (const actor of test.actors) {
    const isDevice = actor.actor === 'device'
    const statements = statementsOf(programsOf(actor).flat())
    for (const statement of statements) {
      if (statement.do === 'call') noteCall(calls.touchedBy(statement, registerOwner(actor)), { changed, seen })
      else if (!isDevice) noteCore(statement, { changed, seen }, ground, features, entries)
      else if (statement.do === 'read' && isCoherent(actor.name)) seen.add(statement.location)
      else if (statement.do === 'write') {
        // What goes through the coherency port changes what the caches hold too.
        ;(isCoherent(actor.name) ? seen : changed).add(statement.location)
      }
    }
  }
  // What a core sees in the end is a load of it.
  for (const part of partsIn(test.conditions)) {
    if (part.expr === 'word' && part.observer !== 'memory') seen.add(part.location as Location)
  }
  if (features.walkerCoherent && ground.layout.units.length > 0) {
    if (writesUnknownEntries(test, ground)) seen.everywhere = true
    else seen.addTables()
  }
  if (changed.everywhere && seen.everywhere) return undefined
  const { lineBytes } = ground.layout.geometry
  const lines = [...(changed.everywhere ? seen : changed).addrs].filter((line) => changed.has(line) && seen.has(line))
  return merged(lines.map((base) => ({ base, bytes: lineBytes })))
}

function noteCore(
  statement: Statement,
  { changed, seen }: Both,
  ground: Ground,
  features: Features,
  entries: ReadonlySet<AccessType>,
): void {
  switch (statement.do) {
    case 'store':
    case 'load':
    case 'atomic': {
      const named = statement.do === 'atomic' ? undefined : statement.type
      const kind = named ?? typeOf(ground, statement.location)
      if (kind === 'by address') {
        seen.addOfKinds(new Set(features.sharedOverride ? ['cacheable'] : accessTypes))
        changed.addOfKinds(new Set(['nc', 'so']))
        return
      }
      // What an MMU leads to is of the kind that some entry says.
      const kinds = isVirtual(ground, statement.location) ? entries : new Set([kind])
      if (kinds.has('cacheable')) seen.add(statement.location)
      if (kinds.has('nc') || kinds.has('so')) {
        changed.add(statement.location)
        if (!features.sharedOverride) seen.add(statement.location)
      }
      return
    }
    case 'poll':
      if (statement.what.poll === 'memory') {
        const { location, type } = statement.what
        noteCore(
          { do: 'load', to: '', location, ...(type ? { type } : {}) },
          { changed, seen },
          ground,
          features,
          entries,
        )
      }
      return
    case 'maintain':
      seen.add(statement.location)
      // What one cache fetched from another that drops it then is nowhere else.
      if (statement.action === 'inv') changed.add(statement.location)
      return
    case 'tlbsync':
      if (statement.slot) changed.add(statement.slot)
      return
    default:
  }
}

function noteCall({ buffers, drops, tables }: Touched, { changed, seen }: Both): void {
  if (tables) seen.addTables()
  if (buffers === 'anything') {
    changed.everywhere = true
    seen.everywhere = true
    return
  }
  for (const { addr, bytes } of buffers) {
    seen.addBytes(addr, bytes)
    if (drops) changed.addBytes(addr, bytes)
  }
}
