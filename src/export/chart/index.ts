/** Export | registry of notations for charts: an outline in, text out. Pictures are laid out first: `svg` is not here. */

import type { Outline } from '../../kernel/outline.ts'
import { chartJson } from './json.ts'
import { chartMermaid } from './mermaid.ts'
import { chartPlantuml } from './plantuml.ts'
import { chartScxml } from './scxml.ts'
import { chartSmcat } from './smcat.ts'

export interface ChartNotation {
  readonly description: string
  readonly write: (outline: Outline) => string
}

export const chartNotations = {
  scxml: { description: 'W3C SCXML 1.0, for Qt, SCION and other engines', write: chartScxml },
  mermaid: { description: 'Mermaid stateDiagram-v2; renderers have trouble with nested regions', write: chartMermaid },
  plantuml: {
    description: 'PlantUML state diagram; transitions into one region only are comments',
    write: chartPlantuml,
  },
  smcat: { description: 'state-machine-cat', write: chartSmcat },
  json: { description: 'states and transitions as plain data', write: chartJson },
} as const satisfies Record<string, ChartNotation>

export type ChartNotationName = keyof typeof chartNotations
