/** Tests | how a litmus test becomes programs and a platform. */

import { describe, expect, it } from 'vitest'
import type { Instruction } from '../../../machines/cpu/micro-op.ts'
import { gicSpurious } from '../../../machines/gic/regs.ts'
import { sysmmuCfg, sysmmuRegs } from '../../../machines/sysmmu/regs.ts'
import { present } from '../../../src/base/assert.ts'
import { type Lowered, lowerLitmus } from '../../../src/litmus/lower.ts'
import { parseLitmus } from '../../../src/litmus/parse.ts'
import { casesOf, checkCase } from '../../../src/run/litmus-check.ts'

const head = 'litmus t\n"This asks whether it is lowered."\n'

function lowered(text: string): Lowered {
  const test = parseLitmus(head + text, 't')
  return lowerLitmus(test, { variant: present(test.variants[0], 'a variant') })
}

function verdict(text: string): readonly string[] {
  const test = parseLitmus(head + text, 't')
  return casesOf(test).flatMap((one) => checkCase(one).verdict.violations.map(({ property }) => property))
}

function programs(text: string): { readonly main: readonly Instruction[]; readonly interrupt: readonly Instruction[] } {
  return present(lowered(text).platform.cores[0], 'a core')
}

describe('handlers', () => {
  const device = 'device D {\nregisters ACK\non ACK { lower }\nraise\n}\n'

  it('do nothing for an interrupt that is gone', () => {
    const { interrupt } = programs(`cpu C0 { nop }\nisr C0 { mmio.w D.ACK = 1 }\n${device}`)
    const [acknowledge, branch] = interrupt
    const line = acknowledge?.op === 'mmio-read' ? acknowledge.to : ''
    expect(branch).toMatchObject({ op: 'branch', when: ['eq', line, gicSpurious] })
  })

  it('have run when final conditions are judged, if nothing keeps them from it', () => {
    const text = `cpu C0 { nop }\nisr C0 { mmio.w D.ACK = 1 ; handled = 1 }\n${device}always C0.handled == 1\n`
    expect(verdict(text)).toEqual([])
    expect(verdict(text.replace('{ nop }', '{ irqs off }'))).toEqual(['always'])
  })

  it('run once when they lower the line and read it back before they return', () => {
    const text = `platform { feature postedDeviceWrites }
cpu C0 { nop }
isr C0 { if handled == 1 { again = 1 } ; handled = 1 ; mmio.w D.ACK = 1 ; mmio.r r0 = D.ACK }
${device}never C0.again == 1\n`
    expect(verdict(text)).toEqual([])
    expect(verdict(text.replace(' ; mmio.r r0 = D.ACK', ''))).toEqual(['never'])
  })
})

describe('enable', () => {
  it('writes CFG of a SYSMMU, which reset leaves empty', () => {
    const text = `platform { feature flpdCache\nsysmmu M for D version 3.3 off }
memory { p: 1 page\nio v\nmap v -> p }
cpu C0 { root 0 ; enable M }
device D { rd r0 = v[0] }\n`
    const writes = programs(text).main.flatMap((one) => (one.op === 'mmio-write' ? [one] : []))
    const offsets = writes.map(({ addr }) => (addr as number) & 0xffff)
    expect(offsets).toEqual([sysmmuRegs.ptBase, sysmmuRegs.cfg, sysmmuRegs.ctrl])
    expect(writes[1]?.value).toBe(sysmmuCfg.lru | sysmmuCfg.flpdCache)
  })
})

describe('a load of several words', () => {
  it('leaves the last one in the register', () => {
    const text = 'memory { buf: 3 words = 1, 2, 3 }\ncpu C0 { ld r0 = buf }\nalways C0.r0 == 3\n'
    expect(verdict(text)).toEqual([])
  })
})

describe('lines that are disturbed', () => {
  const tables = (body: string, map: string, more = '') => `platform { feature walkerCoherent\nmmu for C0\n${more} }
memory { p: 1 page\nq: 1 page\nva u\n${map} }
cpu C0 { ${body} }
device D { wr q[0] = 1 }\n`

  it('are not those that only walks could see, as walks read tables', () => {
    expect(lowered(tables('nop', 'map u -> p')).platform.disturbed).toEqual([])
  })

  it('are any that a device changes, if a table entry is known only when the program runs', () => {
    const text = tables('r0 = 1 ; pd 1 = r0', 'map u -> p')
    expect(lowered(text).platform.disturbed).not.toEqual([])
  })

  it('are those that an entry makes non-cacheable, where another one makes them cacheable', () => {
    const nc = tables('st u[0] = 1', 'map u -> p nc')
    expect(lowered(nc).platform.disturbed).toEqual([])
    const both = tables('pte u = q ; st u[0] = 1', 'map u -> p nc')
    expect(lowered(both).platform.disturbed).not.toEqual([])
  })
})

describe('what oracles take for devices', () => {
  it('includes who writes the status word of an IOMMU', () => {
    const text = `platform { iommu M for D with queue }
memory { p: 1 page\nslot: 1 word nc\nio v\nmap v -> p }
cpu C0 { tlbi v ; tlbsync slot = 1 }
device D { rd r0 = v[0] }\n`
    expect(lowered(text).devices).toEqual(['d', 'm-status'])
  })
})

describe('faults', () => {
  it('lets a core run into pages that are not mapped, but not into assertions', () => {
    const text = 'platform { mmu for C0 }\nmemory { p: 1 page\nva u }\ncpu C0 { faults ; ld r0 = u[0] }\n'
    expect(verdict(text)).toEqual([])
    expect(verdict(text.replace('faults ; ', ''))).toEqual(['assertion'])
    expect(verdict(text.replace('ld r0', 'assert r0 == 1 "read" ; ld r0'))).toEqual(['assertion'])
  })
})

describe('an access through a pointer', () => {
  const memory = 'memory { desc: 1 line nc\nring: 1 line so\nbuf: 1 line }\n'
  const kinds = (body: string): unknown[] =>
    programs(`${memory}cpu C0 { ${body} }\n`).main.flatMap((one) => {
      return one.op === 'store' || one.op === 'load' ? [one.memory ?? 'cacheable'] : []
    })

  it('is of the kind of the memory that it leads to', () => {
    expect(kinds('p = &desc ; st [p] = 1')).toEqual(['non-cacheable', 'strongly-ordered', 'cacheable'])
    expect(kinds('p = &desc ; st.nc [p] = 1')).toEqual(['non-cacheable'])
    expect(kinds('p = &desc ; ld.cacheable r0 = [p + 1]')).toEqual(['cacheable'])
  })

  // An access that a cache answers, or keeps, would miss what the other side wrote.
  it.each(['desc[0]', 'desc[1]', 'ring[1]'])('reaches %s past the caches', (place) => {
    const text = `${memory}cpu C0 { p = &${place} ; ld r0 = [p] ; st [p] = 7 ; wmb ; bell D ; poll D.DONE == 1 ; ld r1 = [p] }
device D { registers DONE\nwait BELL == 1 ; rd r0 = ${place} ; wr ${place} = 9 ; fence ; DONE = 1 }
never D.r0 != 7 || C0.r1 != 9\n`
    expect(verdict(text)).toEqual([])
    expect(verdict(text.replace('st [p]', 'st.cacheable [p]'))).toContain('never')
  })

  it('disturbs the lines that are not cacheable, and sees the others', () => {
    const text = `${memory}cpu C0 { p = &desc ; st [p] = 1 }\ndevice D { wr buf[0] = 1 }\n`
    const { platform, geometry } = lowered(text)
    expect(platform.disturbed).toEqual([{ base: expect.any(Number), bytes: geometry.lineBytes }])
    expect(lowered(text.replace('st [p]', 'st.nc [p]')).platform.disturbed).toEqual([])
  })

  it('reaches tables as they are declared, also by the name of a page', () => {
    const text = `platform { iommu M for D }
memory { p: 1 page\ntable T nc\nio v\nmap v -> T }
cpu C0 { pte v = p }
device D { rd r0 = v[0] }\n`
    const { main } = programs(text)
    expect(main.filter(({ op }) => op === 'store')).toMatchObject([{ memory: 'non-cacheable' }])
  })
})
