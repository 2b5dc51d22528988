/** Run | random DMA calls in the whole system, judged by all oracles and by what is left of what was taken. */

import { pageOwners } from '../../machines/os/calls.ts'
import type { OsContext } from '../../machines/os/machine.ts'
import type { Emitted } from '../../machines/protocol.ts'
import { canonical } from '../base/canonical.ts'
import { Prng } from '../base/prng.ts'
import type { BackendName } from '../dma/types.ts'
import type { Message } from '../kernel/actor.ts'
import { conversionBytes } from '../scenario/conversion-code.ts'
import { type Call, planCalls } from '../scenario/random-calls/plan.ts'
import { callsScenario } from '../scenario/random-calls/scenario.ts'
import { policies, type RunOptions, resolveOptions } from './options.ts'
import { Run } from './run.ts'

/** Everything that can be taken and given back. Level-2 tables stay, with no entry in use. */
function holdings(context: OsContext): string {
  const owners = context.pageOwner.map((owner) => (owner === pageOwners.indexOf('page-table') ? 0 : owner))
  const { aliasAbsent, arrays, ioBitmaps, dmaMappings, kernelAreas, userAreas, pools, sgLists } = context
  const used = context.tables.map((tables) => tables.used)
  return canonical({
    owners,
    aliasAbsent,
    arrays,
    ioBitmaps,
    dmaMappings,
    kernelAreas,
    userAreas,
    pools,
    sgLists,
    used,
  })
}

export interface Sample {
  readonly geometry: 'litmus' | 'board'
  readonly backend: BackendName
  readonly cores: 1 | 2
  /** Calls of each core, before everything is given back. */
  readonly calls: number
}

function requested({ geometry }: Sample, run: number) {
  const policy = policies[run % policies.length] as string
  return { scenario: 'dma-calls', geometry, ...(geometry === 'board' ? { size: '8x2' } : {}), seed: run, policy }
}

/** The calls of one run, and its options. */
function sampled({ sample, run, seed }: CallsJob): { plans: Call[][]; options: RunOptions } {
  const { geometry, backend, cores, calls } = sample
  const { parameters } = resolveOptions(requested(sample, run), callsScenario(backend, [[]]))
  const { pageBytes } = parameters.geometry
  const picture = conversionBytes(parameters)
  const plans = Array.from({ length: cores }, (_, core) => {
    const prng = new Prng(seed * 100_003 + run, `calls ${geometry} ${backend} ${cores} ${core}`)
    const pictureBytes = core === 0 ? Math.max(picture.source, picture.target) : 0
    return planCalls(prng, calls, { pageBytes, pictureBytes, copies: backend === 'dmabounce' })
  })
  return { plans, options: resolveOptions(requested(sample, run), callsScenario(backend, plans)) }
}

/** One run: what is called, which of such runs, and the seed of all of them. */
export interface CallsJob {
  readonly sample: Sample
  /** From 1 on. */
  readonly run: number
  readonly seed: number
}

export interface CallsOutcome {
  /** What was wrong; empty if nothing. */
  readonly problems: readonly string[]
  readonly calls: number
  /** Those that the device was at work in. */
  readonly conversions: number
  readonly messages: number
}

/** Carries the calls of one run out. Pure: the same job, the same outcome. */
export function runCalls(job: CallsJob): CallsOutcome {
  const { plans, options } = sampled(job)
  const problems: string[] = []
  let conversions = 0
  const run = new Run(options, {
    runtime: 'sim',
    onViolation: ({ oracle, message }) => problems.push(`${oracle}: ${message}`),
    watchers: [
      ({ emitted }) => {
        for (const event of emitted as readonly (Message & Emitted)[]) {
          if (event.type === 'frame.end' && event.ok) conversions++
          if (event.type === 'os.misuse' || event.type === 'sysmmu.fault') problems.push(canonical(event))
        }
      },
    ],
  })
  const os = run.simulation.system.actor('os').reactor
  const before = holdings(os.context as OsContext)
  const { verdict } = run.complete()
  if (verdict !== 'clean') problems.push(verdict)
  const after = holdings(os.context as OsContext)
  if (after !== before) problems.push(`not given back: ${after}`)
  return { problems, calls: plans.flat().length, conversions, messages: run.simulation.deliveries }
}
