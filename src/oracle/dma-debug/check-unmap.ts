/** Oracle | dma-debug's checks when a mapping ends: `check_unmap`, and what mapping_error notes. */

import { hex } from '../../base/bits.ts'
import { type DebugEntry, type DebugTable, findExact, type Reference, removeEntry } from './entries.ts'
import { type Finding, finding, type Site } from './findings.ts'

export const directionNames = ['bidirectional', 'to-device', 'from-device'] as const

/** The value of a mapping that failed. HF-300 */
const failed = 0xffffffff

/** The mapping that a call ends is taken out of the table, however wrongly the call names it. */
export function checkUnmap(table: DebugTable, site: Site, reference: Reference): Finding[] {
  const entry = findExact(table, reference)
  if (entry === undefined) return [missing(table, site, reference)]
  removeEntry(table, entry)
  return differences(site, reference, entry)
}

function missing(table: DebugTable, site: Site, reference: Reference): Finding {
  const { kind, handle, device } = reference
  const did = `${kind === 'coherent' ? 'freed' : 'unmapped'}`
  if (handle === failed) {
    return finding('unmap-invalid-address', site, reference, {
      did,
      expected: 'a handle of a mapping that succeeded',
      likely: 'the error path unmaps what could not be mapped',
    })
  }
  const others = table.entries.filter((entry) => entry.handle === handle && entry.device !== device)
  const several = table.entries.some((entry) => entry.handle === handle && entry.device === device)
  const likely =
    others.length > 0
      ? `it belongs to ${others[0]?.device}`
      : several
        ? 'one address is mapped several times, and no mapping fits'
        : 'it was unmapped before, or the handle is wrong'
  return finding('unmap-not-allocated', site, reference, { did, expected: 'a live mapping there', likely })
}

function differences(site: Site, reference: Reference, entry: DebugEntry): Finding[] {
  const found: Finding[] = []
  const { kind } = reference
  const did = kind === 'coherent' ? 'freed' : 'unmapped'
  const say = (name: Parameters<typeof finding>[0], actual: string, expected: string, likely: string) =>
    found.push(finding(name, site, reference, { did: `${did} ${actual}`, expected, likely }, entry))
  if (entry.bytes !== reference.bytes) {
    const likely = 'the driver kept another size than it mapped'
    say('unmap-size', `${reference.bytes} bytes at`, `${entry.bytes} bytes`, likely)
  }
  if (entry.kind !== kind) {
    const likely = 'the two ends of the mapping use functions that do not go together'
    say('unmap-function', `as ${kind} the mapping at`, `the unmap of ${entry.kind}`, likely)
  } else if (kind === 'coherent' && entry.va !== reference.va) {
    const likely = 'addresses of two allocations were mixed up'
    say('unmap-cpu-address', `the memory at ${hex(reference.va)} with handle`, `address ${hex(entry.va)}`, likely)
  }
  if (kind === 'sg' && reference.entries !== 0 && reference.entries !== entry.entries) {
    const likely = 'the count that map_sg returned was used instead of the one it was given'
    say('unmap-sg-count', `as a list of ${counted(reference.entries)} the one at`, counted(entry.entries), likely)
  }
  if (entry.direction !== reference.direction) {
    const [actual, expected] = [directionNames[reference.direction], directionNames[entry.direction]]
    say('unmap-direction', `${actual} the mapping at`, expected, 'the maintenance of the other direction is missing')
  }
  if (!entry.checked) {
    say('unmap-unchecked', 'the mapping at', 'mapping_error to be asked first', 'a failed mapping would be used')
  }
  return found
}

/** "1 entry", "2 entries". */
export function counted(entries: number): string {
  return entries === 1 ? '1 entry' : `${entries} entries`
}

/** `debug_dma_mapping_error`: the first mapping of the address that was not tested yet is tested now. */
export function noteChecked(table: DebugTable, { device, handle }: Reference): void {
  const entry = table.entries.find((one) => one.device === device && one.handle === handle && !one.checked)
  if (entry !== undefined) entry.checked = true
}
