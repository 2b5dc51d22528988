/** Tests | the captures and conversions that other scenarios are made from: sweeps of seeds give these all they have. */

const base: ReadonlySet<string> = new Set([
  'fimc-capture-mmap',
  'fimc-capture-userptr',
  'conversion-doorbell',
  'conversion-streaming',
  'unmap-reuse',
  'two-core-handover',
])

/** @param id of a correct form. */
export function isBase(id: string): boolean {
  return base.has(id)
}
