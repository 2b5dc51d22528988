/** Litmus | memory that somebody looks at beneath the caches, or changes there: only there does it matter when a dirty line is written back. */

import type { Features } from '../../machines/features.ts'
import type { MemoryRange } from '../../machines/geometry.ts'
import { CallLines } from './call-lines.ts'
import type { AccessType, LitmusTest, Location, Statement } from './form.ts'
import type { Ground } from './locations.ts'
import { isVirtual, kindsOfEntries, Lines, typeOf, writesUnknownEntries } from './memory-lines.ts'
import { partsIn, programsOf, registerOwner, statementsOf } from './statements.ts'

// Where everybody goes through the caches, cores, coherent devices and coherent walkers, a dirty line in one of them, in the outer cache
// or in memory is the same to all. It is not where somebody reads or writes memory past them, and where an invalidation drops
// what has not been written back.

/** Ranges of whole lines; absent: all memory. */
export function beneathLines(test: LitmusTest, ground: Ground, features: Features): readonly MemoryRange[] | undefined {
  const beneath = new Lines(ground)
  const entries = kindsOfEntries(test, ground)
  const calls = new CallLines(test, ground)
  const coherent = new Set(test.platform.units.flatMap((unit) => (unit.unit === 'coherent' ? [unit.device] : [])))
  for (const actor of test.actors) {
    const isPast = actor.actor === 'device' && !features.deviceCoherent && !coherent.has(actor.name)
    for (const statement of statementsOf(programsOf(actor).flat())) {
      if (statement.do === 'read' || statement.do === 'write') {
        if (isPast) beneath.add(statement.location)
      } else if (statement.do === 'call') {
        const { buffers } = calls.touchedBy(statement, registerOwner(actor))
        if (buffers === 'anything') beneath.everywhere = true
        else for (const { addr, bytes } of buffers) beneath.addBytes(addr, bytes)
      } else noteCore(statement, beneath, ground, entries)
    }
  }
  for (const part of partsIn(test.conditions)) {
    if (part.expr === 'word' && part.observer === 'memory') beneath.add(part.location as Location)
  }
  if (!features.walkerCoherent && ground.layout.units.length > 0) {
    if (writesUnknownEntries(test, ground)) beneath.everywhere = true
    else beneath.addTables()
  }
  return beneath.ranges()
}

function noteCore(statement: Statement, beneath: Lines, ground: Ground, entries: ReadonlySet<AccessType>): void {
  switch (statement.do) {
    case 'store':
    case 'load':
    case 'atomic':
      noteAccess(statement.location, statement.do === 'atomic' ? undefined : statement.type, beneath, ground, entries)
      return
    case 'poll':
      if (statement.what.poll === 'memory')
        noteAccess(statement.what.location, statement.what.type, beneath, ground, entries)
      return
    case 'maintain':
      if (statement.action === 'inv') beneath.add(statement.location)
      return
    case 'tlbsync':
      if (statement.slot) beneath.add(statement.slot)
      return
    default:
  }
}

function noteAccess(
  location: Location,
  named: AccessType | undefined,
  beneath: Lines,
  ground: Ground,
  entries: ReadonlySet<AccessType>,
): void {
  const kind = named ?? typeOf(ground, location)
  if (kind === 'by address') {
    beneath.addOfKinds(new Set(['nc', 'so']))
    return
  }
  const kinds = isVirtual(ground, location) ? entries : new Set([kind])
  if (kinds.has('nc') || kinds.has('so')) beneath.add(location)
}
