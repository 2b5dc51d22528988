/** Export | a trace as a sequence diagram, in the languages of Mermaid and PlantUML. */

import { ruleWords } from '../../kernel/trace.ts'
import { mermaidText } from '../chart/mermaid.ts'
import { plantumlText } from '../chart/plantuml.ts'
import { type Exporter, Pieces } from './exporter.ts'
import { messageText, pathOf, placed } from './reactions.ts'
import type { Trace } from './trace.ts'

/** How one language says it. Actors are numbered, so that any name may be theirs. */
interface Language {
  readonly suffix: string
  readonly first: string
  readonly last?: string
  readonly text: (text: string) => string
  readonly participant: (id: string, name: string) => string
  readonly message: (from: string, to: string, text: string) => string
  readonly note: (over: string, text: string) => string
}

export const mermaid: Exporter = {
  description: 'a Mermaid sequence diagram',
  write: (trace, out) =>
    writeSequence(trace, out, {
      suffix: '.mmd',
      first: 'sequenceDiagram',
      text: mermaidText,
      participant: (id, name) => `  participant ${id} as ${name}`,
      message: (from, to, text) => `  ${from}->>${to}: ${text}`,
      note: (over, text) => `  Note over ${over}: ${text}`,
    }),
}

export const plantuml: Exporter = {
  description: 'a PlantUML sequence diagram',
  write: (trace, out) =>
    writeSequence(trace, out, {
      suffix: '.puml',
      first: '@startuml',
      last: '@enduml',
      text: plantumlText,
      participant: (id, name) => `participant "${name}" as ${id}`,
      message: (from, to, text) => `${from} -> ${to} : ${text}`,
      note: (over, text) => `note over ${over} : ${text}`,
    }),
}

function writeSequence(trace: Trace, out: (suffix: string, text: string) => void, language: Language): void {
  const pieces = new Pieces((text) => out(language.suffix, text))
  const ids = new Map<string, string>()
  const states = new Map<string, string>()
  const noted = trace.violations.map((violation) => ({
    step: violation.step,
    rule: ruleWords(violation),
    noReturn: violation.noReturn,
  }))
  pieces.add(language.first)
  let last = -1
  const note = (step: number) => {
    const everyone = ids.size > 1 ? `p0,p${ids.size - 1}` : 'p0'
    for (const { step: at, rule, noReturn } of noted) {
      if (noReturn === step) pieces.add(language.note(everyone, language.text(`point of no return of: ${rule}`)))
      if (at === step) pieces.add(language.note(everyone, language.text(`violated: ${rule}`)))
    }
  }
  for (const { event, sender } of placed(trace.events())) {
    const { step, actor, message, state } = event
    if (step !== last && last >= 0) note(last)
    last = step
    if (!ids.has(actor)) {
      ids.set(actor, `p${ids.size}`)
      pieces.add(language.participant(ids.get(actor) as string, language.text(actor)))
    }
    const now = pathOf(state)
    const isNew = states.get(actor) !== now
    states.set(actor, now)
    if (message === undefined) continue
    const id = ids.get(actor) as string
    pieces.add(language.message(ids.get(sender ?? actor) ?? id, id, language.text(`${step} ${messageText(message)}`)))
    if (isNew) pieces.add(language.note(id, language.text(now)))
  }
  note(last)
  if (language.last) pieces.add(language.last)
  pieces.end()
}
