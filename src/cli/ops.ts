/** Cli | `dmarace ops`: the steps that one call of the DMA API expands to, in order. */

import { UsageError } from '../base/errors.ts'
import { dmarace, editionNamed } from '../dma/index.ts'
import { expandOperation } from '../run/expand.ts'
import { jsonOfExpansion, reportExpansion } from '../run/expand-report.ts'
import { editionOf } from './choose-edition.ts'
import { listOf } from './flags.ts'
import { exitCodes, type Terminal } from './terminal.ts'

/** What commander hands over for `ops`. */
export interface OpsFlags {
  readonly backend?: string
  readonly edition?: string
  readonly ops?: string
  readonly direction?: string
  readonly attrs?: string
  readonly bytes?: string
  readonly offset?: string
  readonly geometry?: string
  readonly cold?: boolean
  readonly json?: boolean
}

export async function opsCommand(op: string, flags: OpsFlags, terminal: Terminal): Promise<number> {
  const { own } = await editionOf(flags)
  const { backend, direction, geometry, bytes, offset, attrs } = flags
  const expansion = expandOperation({
    op,
    edition: own?.edition ?? (flags.edition === undefined ? dmarace : editionNamed(flags.edition)),
    attrs: listOf(attrs),
    ...(backend === undefined ? {} : { backend }),
    ...(direction === undefined ? {} : { direction }),
    ...(geometry === undefined ? {} : { geometry }),
    ...(bytes === undefined ? {} : { bytes: numberOf('bytes', bytes) }),
    ...(offset === undefined ? {} : { offset: numberOf('offset', offset) }),
    ...(flags.cold ? { tables: 'cold' as const } : {}),
  })
  terminal.out(
    flags.json
      ? `${JSON.stringify(jsonOfExpansion(expansion), undefined, 2)}\n`
      : reportExpansion(expansion, terminal.paint),
  )
  return exitCodes.clean
}

function numberOf(what: string, text: string): number {
  if (!/^(\d+|0x[\da-f]+)$/i.test(text.trim())) throw new UsageError(`--${what} must be a whole number, not "${text}"`)
  return Number(text)
}
