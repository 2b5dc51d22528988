/** Litmus | what agents, words and pages of a generated test are called. */

import type { Expression, Location } from '../form.ts'
import type { Cycle, DiyAgent, DiyEvent } from './cycle.ts'
import type { Execution } from './execution.ts'

const wordNames = ['x', 'y', 'z', 'w', 'u', 't'] as const

export function numberOf(value: number): Expression {
  return { expr: 'number', value }
}

export class Namer {
  /** By agent. */
  readonly agents: readonly string[]
  private readonly cycle: Cycle
  private readonly execution: Execution

  constructor(cycle: Cycle, execution: Execution) {
    this.cycle = cycle
    this.execution = execution
    let cores = 0
    let devices = 0
    const isOnly = cycle.agents.filter(({ kind }) => kind === 'device').length === 1
    this.agents = cycle.agents.map(({ kind }) => {
      if (kind === 'core') return `C${cores++}`
      return isOnly ? 'D' : `D${devices++}`
    })
  }

  word(word: number): string {
    return wordNames[word] as string
  }
  /** Page of IO or virtual addresses. */
  page(word: number): string {
    return `v${this.word(word)}`
  }
  /** The page that is mapped before another one is. */
  oldPage(word: number): string {
    return `${this.word(word)}0`
  }
  table(word: number): string {
    return `T${this.word(word)}`
  }

  /** Whether devices reach the word through an IOMMU: as soon as there is one, all that they reach. */
  isBehindUnit(word: number): boolean {
    if (this.execution.entries[word] !== undefined) return true
    const isDevice = ({ agent }: DiyEvent) => this.cycle.agents[agent]?.kind === 'device'
    const hasUnit = this.execution.entries.some((entry) => entry?.reader === 'device')
    return hasUnit && this.cycle.events.some((event) => event.word === word && isDevice(event))
  }

  /** Whether an access goes through the tables. */
  isTranslated(event: DiyEvent): boolean {
    const kind = this.cycle.agents[event.agent]?.kind
    if (event.touched !== 'data' || !this.isBehindUnit(event.word)) return false
    if (kind === 'device') return true
    if (this.execution.entries[event.word]?.reader !== 'core') return false
    const before = this.cycle.edges[(event.index + this.cycle.edges.length - 1) % this.cycle.edges.length]
    const after = this.cycle.edges[event.index]
    const translates = [before, after].some((edge) => {
      return edge?.kind === 'communication' && ['trf', 'tfr', 'tff', 'pdfr'].includes(edge.relation)
    })
    return translates
  }

  /** A word by itself, or the first one of a page; `index`: of an address that is computed. */
  place(word: number, index?: Expression): Location {
    const first = index ?? (this.isBehindUnit(word) ? numberOf(0) : undefined)
    return { place: 'named', name: this.word(word), ...(first ? { index: first } : {}) }
  }

  /** Where an access goes. */
  placeOf(event: DiyEvent, index?: Expression): Location {
    const { touched, word } = event
    if (touched === 'leaf') {
      const isUnlinked = this.execution.entries[word]?.isUnlinked
      if (isUnlinked) return { place: 'named', name: this.table(word), index: numberOf(0) }
      return { place: 'pte', page: this.page(word) }
    }
    if (touched === 'directory') return { place: 'pd', index: { expr: 'name', name: this.page(word) } }
    if (!this.isTranslated(event)) return this.place(word, index)
    return { place: 'named', name: this.page(word), index: index ?? numberOf(0) }
  }

  /** Those that cores reach besides BELL. */
  registersOf({ events }: DiyAgent): string[] {
    const has = (touched: DiyEvent['touched']) => events.some((event) => event.touched === touched)
    return [...(has('status') ? ['STATUS'] : []), ...(has('irq') ? ['ACK'] : [])]
  }

  /** The device at the other end of a register's edge. */
  deviceAt(event: DiyEvent): string {
    const { agents, events } = this.cycle
    if (agents[event.agent]?.kind === 'device') return this.agents[event.agent] as string
    const count = events.length
    const other = event.direction === 'W' ? (event.index + 1) % count : (event.index + count - 1) % count
    return this.agents[(events[other] as DiyEvent).agent] as string
  }
}
