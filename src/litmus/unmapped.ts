/** Litmus | memory that the linear mapping does not have, and what cores may fetch ahead of it. */

import type { LitmusPlatformConfig } from '../../machines/litmus-platform.ts'
import type { LitmusTest } from './form.ts'
import type { Ground } from './locations.ts'

/** Memory that only units of cores lead to, and the lines that may be fetched ahead that way. */
export function withoutLinearMapping(
  { memory }: LitmusTest,
  { layout: { names, geometry } }: Ground,
): Pick<LitmusPlatformConfig, 'unmapped' | 'speculates'> {
  const unmapped = memory.flatMap((form) => {
    const known = form.kind === 'words' && form.unmapped ? names.get(form.name) : undefined
    return known?.kind === 'words' ? [{ base: known.addr, bytes: known.words * known.elements * 4 }] : []
  })
  if (unmapped.length === 0) return {}
  const { lineBytes, pageBytes } = geometry
  const pages = [...names.values()].flatMap((known) => (known.kind === 'va' ? [known.addr] : []))
  const linesOf = (page: number) => Array.from({ length: pageBytes / lineBytes }, (_, line) => page + line * lineBytes)
  return { unmapped, speculates: pages.flatMap(linesOf) }
}
