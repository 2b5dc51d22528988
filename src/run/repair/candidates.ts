/** Run | the statements that would take a missing step, for the places and units that a test names. */

import { constantsOf } from '../../litmus/constants.ts'
import type { LitmusTest, Location, Statement } from '../../litmus/form.ts'
import { type Ground, spotOf } from '../../litmus/locations.ts'
import { layOut } from '../../litmus/memory-layout.ts'
import { partsIn, statementsOf } from '../../litmus/statements.ts'
import type { MissingKind, MissingStep } from '../../oracle/root.ts'

/** A few statements that belong together, and what kind of step they are. */
export interface Candidate {
  readonly kind: MissingKind
  readonly steps: readonly Statement[]
}

/** What one test offers. */
export class Candidates {
  private readonly test: LitmusTest
  private readonly ground: Ground

  /** @param test one variant */
  constructor(test: LitmusTest) {
    this.test = test
    this.ground = { layout: layOut(test), constants: constantsOf(test) }
  }

  /** What is weakest first: a step that does more than is needed helps as well, and says less. */
  stepsFor(missing: MissingStep): readonly Candidate[] {
    const { kind, actor, addr, iova } = missing
    const as = (of: MissingKind, steps: readonly (readonly Statement[])[]) =>
      steps.map((each) => ({ kind: of, steps: each }))
    const barriers = as('dsb', [[{ do: 'dsb' }]])
    const outer = as('outer-sync', [[{ do: 'wmb' }], [{ do: 'drain' }]])
    const loads = as('load-barrier', [[{ do: 'rmb' }], [{ do: 'isb' }]])
    switch (kind) {
      case 'dsb':
        return [...barriers, ...outer, ...as('clean', this.cleans(addr))]
      case 'clean':
        return as('clean', this.cleans(addr))
      case 'outer-sync':
        // Without an outer cache a barrier is enough.
        return [...barriers, ...outer, ...as('clean', this.cleans(addr))]
      case 'invalidate':
      case 'load-barrier':
        return [...loads, ...as('invalidate', [...this.ofLine('inv', addr), ...this.ofLine('flush', addr)])]
      case 'tlb-invalidate':
      case 'tlb-sync':
        return [...this.syncs(), ...as('tlb-invalidate', this.invalidations(iova))]
      case 'read-back':
        return as('read-back', this.readsBack(actor))
      case 'power':
        return as('power', this.supplies())
      case 'stop-device':
      case 'hand-over':
      // Nothing is added but what stands between: see `barriersBetween`.
      case 'store-order':
        return []
      default:
        return kind satisfies never
    }
  }

  /** Whether the statement stores to the line of physical `addr`. */
  writes(statement: Statement, addr: number | undefined): boolean {
    return (
      (statement.do === 'store' || statement.do === 'atomic') &&
      addr !== undefined &&
      this.covers(statement.location, addr)
    )
  }

  /** Whether the statement stores to the word at physical `addr`. */
  storesTo(statement: Statement, addr: number | undefined): boolean {
    if (statement.do !== 'store' && statement.do !== 'atomic') return false
    const spot = this.spot(statement.location)
    return spot !== undefined && addr !== undefined && spot.addr <= addr && addr < spot.addr + spot.bytes
  }

  reads(statement: Statement, addr: number | undefined): boolean {
    return (
      (statement.do === 'load' || statement.do === 'atomic') &&
      addr !== undefined &&
      this.covers(statement.location, addr)
    )
  }

  /** Whether the statement rings a bell, or writes another register of a device. */
  rings(statement: Statement): boolean {
    return statement.do === 'bell' || statement.do === 'mmio-write'
  }

  /** What keeps one store behind another, the weakest first. */
  barriersBetween(addr: number | undefined): (readonly Statement[])[] {
    return [[], [{ do: 'dmb' }], [{ do: 'wmb' }], ...this.cleans(addr)]
  }

  private cleans(addr: number | undefined): (readonly Statement[])[] {
    return [...this.ofLine('clean', addr), ...this.ofLine('flush', addr)]
  }

  private ofLine(action: 'clean' | 'inv' | 'flush', addr: number | undefined): (readonly Statement[])[] {
    if (addr === undefined) return []
    const found = this.locations().filter((location) => this.covers(location, addr))
    // One name of the line will do, the shortest range of it.
    const location = found.sort((a, b) => this.bytes(a) - this.bytes(b))[0]
    return location ? [[{ do: 'maintain', action, location: placeless(location) }]] : []
  }

  /** Places that core programs name. */
  private locations(): Location[] {
    const found: Location[] = []
    for (const { place, ...rest } of partsIn(this.test.actors.filter(({ actor }) => actor !== 'device'))) {
      if (typeof place === 'string') found.push({ place, ...rest } as Location)
    }
    return found
  }

  private covers(location: Location, addr: number): boolean {
    const spot = this.spot(location)
    if (spot === undefined) return false
    const { lineBytes } = this.ground.layout.geometry
    const line = (at: number) => Math.floor(at / lineBytes)
    return line(spot.addr) <= line(addr) && line(addr) <= line(spot.addr + spot.bytes - 4)
  }

  private bytes(location: Location): number {
    return this.spot(location)?.bytes ?? 0
  }

  /** Undefined for what is known only when the program runs, and for what is no physical memory. */
  private spot(location: Location): { readonly addr: number; readonly bytes: number } | undefined {
    let known = true
    try {
      const { addr, space, bytes } = spotOf(this.ground, location, (value) => {
        if (value.expr === 'number') return value.value
        const constant = value.expr === 'name' ? this.ground.constants.get(value.name) : undefined
        if (constant === undefined) known = false
        return constant ?? 0
      })
      return known && space === 'physical' && typeof addr === 'number' ? { addr, bytes } : undefined
    } catch {
      // A name of something else than memory.
      return undefined
    }
  }

  // --- translations -----------------------------------------------------------------------------------------------------

  private invalidations(iova: number | undefined): (readonly Statement[])[] {
    const { layout } = this.ground
    const found: (readonly Statement[])[] = []
    for (const unit of layout.units) {
      const named = layout.units.length > 1 && unit.kind !== 'mmu' ? { unit: unit.name } : {}
      const sync: Statement = unit.kind === 'mmu' ? { do: 'dsb' } : { do: 'tlbsync', ...named }
      const pages = [...layout.names].filter(
        ([, known]) =>
          known.kind === unit.translates &&
          (iova === undefined ||
            Math.floor(known.addr / layout.geometry.pageBytes) === Math.floor(iova / layout.geometry.pageBytes)),
      )
      const tags = this.hasTags(unit.name) ? Array.from({ length: unit.tags }, (_, tag) => tag) : [undefined]
      for (const [page] of pages) {
        for (const tag of tags) {
          const tlbi: Statement = {
            do: 'tlbi',
            what: 'page',
            page,
            ...named,
            ...(tag === undefined ? {} : { tag: { expr: 'number', value: tag } }),
          }
          found.push([tlbi, sync])
          const behind = this.cachesOf(unit.name)
          for (const device of behind)
            found.push([{ do: 'atc', device, page }, sync], [tlbi, sync, { do: 'atc', device, page }, sync])
        }
      }
      found.push([{ do: 'tlbi', what: 'all', ...named }, sync])
      if (unit.kind === 'sysmmu') {
        found.push([
          { do: 'mmu', action: 'block', ...named },
          { do: 'tlbi', what: 'all', ...named },
          { do: 'mmu', action: 'unblock', ...named },
        ])
      }
    }
    return found
  }

  /** The MMU of a core needs no more than the core's own barriers. */
  private syncs(): Candidate[] {
    const { units } = this.ground.layout
    return units.flatMap((unit): Candidate[] => {
      if (unit.kind === 'mmu') return [{ kind: 'dsb', steps: [{ do: 'dsb' }] }]
      return [{ kind: 'tlb-sync', steps: [{ do: 'tlbsync', ...(units.length > 1 ? { unit: unit.name } : {}) }] }]
    })
  }

  private hasTags(name: string): boolean {
    return this.test.platform.units.some(
      (unit) => unit.unit === 'iommu' && unit.name === name && unit.options.includes('tags'),
    )
  }

  /** Devices behind a unit that keep translations of their own. */
  private cachesOf(name: string): string[] {
    const { units } = this.test.platform
    const behind = units.flatMap((unit) => (unit.unit === 'iommu' && unit.name === name ? unit.devices : []))
    return units.flatMap((unit) => (unit.unit === 'atc' && behind.includes(unit.device) ? [unit.device] : []))
  }

  // --- devices ----------------------------------------------------------------------------------------------------------

  /** Of every register that the core writes. */
  private readsBack(actor: string): (readonly Statement[])[] {
    const core = coresOf(this.test)[Number(actor.slice(3))]
    const seen = new Set<string>()
    const found: (readonly Statement[])[] = []
    for (const { body } of this.test.actors.filter((one) => one.actor !== 'device' && coreOf(one) === core)) {
      for (const statement of statementsOf(body)) {
        const target =
          statement.do === 'mmio-write' ? statement.target : statement.do === 'bell' ? statement.device : undefined
        if (target === undefined) continue
        const register = statement.do === 'mmio-write' ? statement.register : 'BELL'
        if (seen.has(`${target}.${register}`)) continue
        seen.add(`${target}.${register}`)
        found.push([{ do: 'mmio-read', to: this.freeRegister(), target, register }])
      }
    }
    return found
  }

  private freeRegister(): string {
    const names = new Set([...partsIn(this.test.actors)].map(({ to }) => to))
    let number = 0
    while (names.has(`back${number}`)) number++
    return `back${number}`
  }

  private supplies(): (readonly Statement[])[] {
    return this.test.platform.units.flatMap((unit) =>
      unit.unit === 'supply'
        ? unit.kinds.map((kind): readonly Statement[] => [{ do: 'supply', of: unit.of, kind, on: true }])
        : [],
    )
  }
}

/** Names of the cores, in the order of their numbers. */
export function coresOf({ actors }: LitmusTest): string[] {
  return [...new Set(actors.flatMap((actor) => (actor.actor === 'cpu' ? [actor.name] : [])))]
}

/** Which core runs a program. */
export function coreOf(actor: LitmusTest['actors'][number]): string | undefined {
  return actor.actor === 'cpu' ? actor.name : actor.actor === 'isr' ? actor.core : undefined
}

/** Without its place in the text: a new statement has none. */
function placeless(location: Location): Location {
  const { at: _, ...rest } = location
  return rest as Location
}
