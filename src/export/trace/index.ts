/** Export | registry of the forms that a trace can be exported in. */

import { chrome } from './chrome.ts'
import type { Exporter } from './exporter.ts'
import { mermaid, plantuml } from './sequence.ts'
import { shiviz } from './shiviz.ts'
import { spaceTime } from './space-time.ts'
import { vcd } from './vcd.ts'

export const exporters = { svg: spaceTime, vcd, mermaid, plantuml, chrome, shiviz } as const satisfies Record<
  string,
  Exporter
>

export type ExportName = keyof typeof exporters
