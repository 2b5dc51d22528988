/** Litmus | a cycle as a litmus test: memory, programs and the outcome that it asks about; what to expect is for a search to say. */

import { UsageError } from '../../base/errors.ts'
import type { ActorForm, ConditionForm, Expression, LitmusTest, MemoryForm, UnitForm } from '../form.ts'
import { type ArchitectureVerdict, architectureSources, judgeArchitecture } from './architecture.ts'
import type { Cycle, DiyEvent } from './cycle.ts'
import { type Execution, executionOf, pageValues } from './execution.ts'
import { Namer, numberOf } from './namer.ts'
import { nameOf, questionOf } from './names.ts'
import { maintenance } from './passages.ts'
import { programOf, registerOf } from './programs.ts'

export interface DiyTest {
  readonly cycle: Cycle
  readonly architecture: ArchitectureVerdict
  /** Without expectations. */
  readonly test: LitmusTest
}

/** The test of a cycle. Usage errors: what no test can be made from. */
export function buildTest(cycle: Cycle): DiyTest {
  const execution = executionOf(cycle)
  const namer = new Namer(cycle, execution)
  const architecture = judgeArchitecture(cycle)
  checkSteps(cycle, execution)
  const test: LitmusTest = {
    name: nameOf(cycle),
    question: questionOf(cycle, namer.agents),
    source: sourceOf(cycle, execution),
    classes: [],
    notes: [`Cycle: ${cycle.edges.map(({ name }) => name).join(' ')}`],
    parameters: [],
    variants: ['main'],
    platform: {
      features: platformFeatures(cycle, execution).map(([name, on]) => ({ name, on })),
      sizes: sizesOf(cycle, execution),
      units: unitsOf(cycle, execution, namer),
    },
    memory: memoryOf(cycle, execution, namer),
    locks: [],
    actors: actorsOf(cycle, execution, namer),
    conditions: [conditionOf(cycle, execution, namer, architecture)],
    expectations: [],
  }
  return { cycle, architecture, test }
}

const hasDevices = ({ agents }: Cycle): boolean => agents.some(({ kind }) => kind === 'device')
const readersOf = (execution: Execution) => new Set(execution.entries.map((entry) => entry?.reader))

function sourceOf(cycle: Cycle, execution: Execution): string {
  const { cores, devices, translation } = architectureSources
  if (execution.entries.some((entry) => entry !== undefined)) return translation
  const isMaintained = cycle.edges.some((edge) => edge.kind === 'order' && edge.steps.some((step) => maintenance[step]))
  return hasDevices(cycle) || isMaintained ? devices : cores
}

/** Caches play no part among cores, which they keep coherent; the MMUs of cores look into them. */
function platformFeatures(cycle: Cycle, execution: Execution): (readonly [string, boolean])[] {
  const features: (readonly [string, boolean])[] = []
  if (readersOf(execution).has('core')) features.push(['walkerCoherent', true])
  if (!hasDevices(cycle)) features.push(['l2', false], ['speculation', false], ['eviction', false])
  return features
}

function sizesOf(cycle: Cycle, execution: Execution): { name: string; value: number }[] {
  const inLine = cycle.words.map(({ line }) => cycle.words.filter((word) => word.line === line).length)
  const most = Math.max(1, ...inLine)
  const isPaged = execution.entries.some((entry) => entry !== undefined)
  return isPaged || most === 2 ? [] : [{ name: 'line', value: most === 1 ? 1 : 4 }]
}

function unitsOf(cycle: Cycle, execution: Execution, namer: Namer): UnitForm[] {
  const readers = readersOf(execution)
  const isUnlinked = execution.entries.some((entry) => entry?.isUnlinked)
  const units: UnitForm[] = []
  if (readers.has('device')) {
    const devices = namer.agents.filter((_, agent) => cycle.agents[agent]?.kind === 'device')
    units.push({ unit: 'iommu', name: 'M', devices, options: isUnlinked ? ['walk-cache'] : [], enabled: true })
  }
  if (readers.has('core')) {
    const cores = namer.agents.filter((_, agent) => {
      return cycle.agents[agent]?.events.some((event) => namer.isTranslated(event) && event.touched === 'data')
    })
    units.push({ unit: 'mmu', cores })
  }
  return units
}

function memoryOf(cycle: Cycle, execution: Execution, namer: Namer): MemoryForm[] {
  const usual = { fields: [], elements: 1, type: 'cacheable' as const }
  const words: MemoryForm[] = []
  const maps: MemoryForm[] = []
  for (const [word, { line, uncached }] of cycle.words.entries()) {
    const name = namer.word(word)
    const type = uncached ? ('nc' as const) : ('cacheable' as const)
    const entry = execution.entries[word]
    const isPage = entry !== undefined || namer.isBehindUnit(word)
    const init = entry ? [numberOf(pageValues.page)] : []
    if (isPage) {
      if (uncached) throw new UsageError(`a word behind tables is cacheable here: leave out .nc`)
      const place = { base: 'page', words: 0 } as const
      words.push({ kind: 'words', name, size: { count: 1, of: 'pages' }, init, place, ...usual })
      const kind = entry?.reader === 'core' ? ('va' as const) : ('io' as const)
      const page = namer.page(word)
      if (entry?.first === 'old page') {
        const old = namer.oldPage(word)
        const values = [numberOf(pageValues.old)]
        words.push({ kind: 'words', name: old, size: { count: 1, of: 'pages' }, init: values, place, ...usual })
      }
      if (entry?.isUnlinked) words.push({ kind: 'table', names: [namer.table(word)], type: 'cacheable' })
      maps.push({ kind, names: [page], place })
      const map = { kind: 'map', from: page, leaf: 'page', type: 'cacheable', tag: 0 } as const
      if (entry?.isUnlinked) maps.push({ ...map, to: namer.table(word) })
      if (entry?.first !== 'nothing')
        maps.push({ ...map, to: entry?.first === 'old page' ? namer.oldPage(word) : name })
      continue
    }
    const isBeside = cycle.words.slice(0, word).some((other) => other.line === line)
    const place = { base: isBeside ? 'next' : 'line', words: 0 } as const
    words.push({ kind: 'words', name, size: { count: 1, of: 'words' }, init, place, ...usual, type })
  }
  return [...besides(cycle, words), ...maps]
}

/** Words of one line stand one after the other. */
function besides(cycle: Cycle, words: readonly MemoryForm[]): MemoryForm[] {
  if (words.length !== cycle.words.length) return [...words]
  const lines = [...new Set(cycle.words.map(({ line }) => line))]
  return lines.flatMap((line) => words.filter((_, word) => cycle.words[word]?.line === line))
}

function actorsOf(cycle: Cycle, execution: Execution, namer: Namer): ActorForm[] {
  const cores: ActorForm[] = []
  const devices: ActorForm[] = []
  for (const [index, agent] of cycle.agents.entries()) {
    const body = programOf(cycle, execution, namer, agent)
    const name = namer.agents[index] as string
    if (agent.kind === 'device') {
      const registers = namer.registersOf(agent).map((register) => ({ name: register, value: 0 }))
      const raises = agent.events.some(({ touched }) => touched === 'irq')
      const reactions = raises ? [{ register: 'ACK', body: [{ do: 'lower' } as const] }] : []
      devices.push({ actor: 'device', name, registers, reactions, body })
    } else if (agent.events[0]?.touched === 'irq') {
      cores.push({ actor: 'cpu', name, body: [{ do: 'nop' }] }, { actor: 'isr', core: name, body })
    } else cores.push({ actor: 'cpu', name, body })
  }
  return [...cores, ...devices]
}

/** What must not be seen, or may be. */
function conditionOf(
  cycle: Cycle,
  execution: Execution,
  namer: Namer,
  architecture: ArchitectureVerdict,
): ConditionForm {
  const parts: Expression[] = []
  const equals = (left: Expression, value: number): void => {
    parts.push({ expr: 'binary', op: '==', left, right: numberOf(value) })
  }
  for (const event of cycle.events) {
    const value = execution.values[event.index]
    if (event.direction !== 'R' || value === undefined) continue
    equals({ expr: 'register', actor: namer.agents[event.agent] as string, name: registerOf(cycle, event) }, value)
  }
  for (const { word, value } of execution.last) {
    // What a core stored is in memory or in a cache; a device reads memory.
    const isShared = cycle.events.some((event) => event.word === word && isDevice(cycle, event))
    const observer =
      isShared || namer.isBehindUnit(word) ? 'memory' : (namer.agents.find((name) => name.startsWith('C')) as string)
    equals({ expr: 'word', observer, location: namer.place(word) }, value)
  }
  const [first, ...more] = parts
  if (!first) throw new UsageError('nothing of this cycle can be seen: it needs a read, or two writes of one word')
  const that = more.reduce((left, right): Expression => ({ expr: 'binary', op: '&&', left, right }), first)
  return { kind: architecture === 'forbidden' ? 'never' : 'sometimes', variants: [], that }
}

const isDevice = (cycle: Cycle, event: DiyEvent): boolean => cycle.agents[event.agent]?.kind === 'device'

/** Steps that need something that the cycle does not have. */
function checkSteps(cycle: Cycle, execution: Execution): void {
  const readers = readersOf(execution)
  for (const edge of cycle.edges) {
    if (edge.kind !== 'order') continue
    const invalidates = edge.steps.some((step) => step === 'TLBI' || step === 'TLBIAll')
    if (invalidates && !readers.has('device') && !readers.has('core')) {
      throw new UsageError(`${edge.name}: nothing is translated in this cycle; Tfr, Tff, Trf or Pdfr say what is`)
    }
    if (edge.steps.includes('Sync') && !readers.has('device')) {
      throw new UsageError(`${edge.name}: Sync waits for an IOMMU; the MMUs of cores are waited for by DSB`)
    }
  }
}
