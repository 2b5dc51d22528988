/** Cli | how reports are laid out on the terminal at hand. */

import { lineWidth } from '../base/wrap.ts'
import type { ReportStyle } from '../run/check-report.ts'
import type { Terminal } from './terminal.ts'

/** Longest lines that are made of words: longer ones are hard to read, however wide the terminal is. */
const widthMax = 140

/** @param flags `full`: with everything that is in the trace */
export function styleOf(
  { full }: { readonly full?: boolean | undefined },
  { paint, width = lineWidth }: Terminal,
): Required<ReportStyle> {
  return { paint, width: Math.min(width, widthMax), detail: full ? 'full' : 'brief' }
}
