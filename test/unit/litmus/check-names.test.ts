/** Unit | litmus tests that are wrong by themselves: names, kinds, ranges, contradictions; each with its place. */

import { describe, expect, test } from 'vitest'
import { checkLitmus, problemsIn } from '../../../src/litmus/check-names.ts'
import { LitmusError } from '../../../src/litmus/errors.ts'
import type { LitmusTest } from '../../../src/litmus/form.ts'
import { parseLitmus } from '../../../src/litmus/parse.ts'
import { aroundStatement, emptyTest, everything } from '../../support/litmus-texts.ts'

function problems(text: string): string[] {
  try {
    parseLitmus(text, 'test')
    return []
  } catch (error) {
    if (!(error instanceof LitmusError)) throw error
    return error.problems.map(({ message, at }) => `${at ? `${at.line}:${at.column} ` : ''}${message}`)
  }
}

/** Lines of a test around others; the first one of `lines` is line 3. */
const whole = (lines: string) => `litmus whole\n"q"\n${lines}\n`
const core = 'cpu C0 { r0 = 1 }'

test('what is well formed has no problems', () => {
  expect(problems(everything)).toEqual([])
  expect(problemsIn(emptyTest)).toEqual([])
})

describe('statements', () => {
  test.each([
    ['st zuf = 1', /^12:6 unknown place "zuf". Did you mean buf\? Known: buf, desc, p0, v0$/],
    ['st D = 1', /^12:6 "D" is a device, not a place in memory/],
    ['ld r1 = r0', /^12:11 "r0" is a register; what it points to is \[r0\]/],
    ['ld r1 = [r9]', /^12:11 unknown register of C0 "r9". Did you mean r0 or r1\?/],
    ['r1 = r9 + 1', /^12:8 unknown register of C0 "r9"/],
    ['r1 = D', /^12:8 the device "D" has no value/],
    ['r1 = D.GO', /^12:8 D.GO is not here: read it first: mmio.r <r> = D.GO/],
    ['r1 = desc.flag', /^12:8 load it first: ld <r> = desc.flag/],
    ['buf = 1', /^12:3 "buf" is declared already, as memory: no register can have its name/],
    ['value = 1', /^12:3 "value" means what a poll read/],
    ['st desc.flug = 1', /^12:6 unknown field of desc "flug". Did you mean flag\? Known: body, flag/],
    ['st buf.flag = 1', /^12:6 "buf" has no fields/],
    ['st buf[4] = 1', /^12:10 buf\[4\] is outside: the last one is buf\[3\]/],
    ['clean buf[2..7]', /^12:16 buf\[7\] is outside/],
    ['clean buf[2..1]', /^12:9 the range buf\[2..1\] is empty/],
    ['st desc[1] = 1', /^12:11 desc\[1\] is outside: the last one is desc\[0\]/],
    ['pte buf = 0', /^12:3 "buf" is memory, not an IO page or a virtual page/],
    ['pte v0 = v0 nc', /^12:12 "v0" is an IO page, not memory/],
    ['tlbi v1', /^12:3 unknown page of addresses "v1". Did you mean v0\?/],
    ['tlbi v0 in M', /^12:3 unknown unit "M": none is declared/],
    ['block D', /^12:3 "D" is a device, not a unit/],
    ['mmio.w D.STATSU = 1', /^12:3 unknown register of D "STATSU". Did you mean STATUS\? Known: BELL, GO, STATUS/],
    ['mmio.w E.GO = 1', /^12:3 unknown device or unit "E"/],
    ['bell C0', /^12:3 "C0" is a core, not a device/],
    ['poll D.STAT == 1', /^12:3 unknown register of D "STAT"/],
    ['poll desc.flag until r0 == 1', /^12:24 what is polled does not matter here: "value" is not in the condition/],
    ['lock k', /^12:3 unknown lock "k"/],
    ['smp_mb()', /^12:3 unknown function "smp_mb": here it is written dmb$/],
    ['r1 = cmpxchg(buf[0], 1)', /^12:3 it is written <r> = cmpxchg\(<place>, <value>, <value>\)/],
    ['atomic_inc(7)', /^12:3 it is written atomic_inc\(<place>\)/],
    ['r1 = set_bit(0, buf[0])', /^12:3 it is written set_bit\(<bit>, <place>\)/],
    ['set_bit(32, buf[0])', /^12:11 a word has bits 0 to 31, and no bit 32/],
    ['xchg(zuf, 1)', /^12:8 unknown argument "zuf"|^12:3 it is written/],
    ['walk v0', /^12:3 "walk" is for devices; a core cannot do it/],
    ['wait r0 == 1', /^12:3 "wait" is for devices/],
    ['r1 = dma_map_singel(D, buf, TO_DEVICE)', /^12:3 unknown function "dma_map_singel". Did you mean dma_map_single/],
    ['r1 = dma_map_single(E, buf, TO_DEVICE)', /^12:23 unknown device "E"/],
    ['r1 = dma_map_single(D, bug, TO_DEVICE)', /^12:26 unknown argument "bug". Did you mean buf\?/],
    ['variant fixed { nop }', /^12:3 unknown variant "fixed". Known: main/],
    ['mmio.r r1 = E.STATUS', /^12:3 unknown device or unit "E"/],
    ['tlbsync buf[0] = 1 max 3', /^12:3 with a word to be written nobody waits, and there is nothing to give up/],
    ['tlbsync max r9', /^12:15 unknown register of C0 "r9"/],
    ['variant main { }', /^12:3 an empty variant block changes nothing/],
    ['while 1 { r0 = 2 }', /^12:3 this loop goes on for ever and does nothing: say max <number of rounds>/],
  ])('%s', (text, message) => {
    expect(problems(aroundStatement(text))).toEqual([expect.stringMatching(message)])
  })

  test.each([
    'while r0 == 0 { nop }',
    'while 1 { ld r0 = buf[0] }',
    'while 1 max 3 { nop }',
    'r1 = &buf[3] + p0',
    'st buf = v0',
    'clean v0',
    'poll D.BELL == 0',
    'r1 = dma_map_single(D, buf, DMA_TO_DEVICE)',
  ])('%s is fine', (text) => {
    expect(problems(aroundStatement(text))).toEqual([])
  })

  test('a device cannot do what cores do, and what it does at a register write takes no time', () => {
    const text = whole(
      'memory { buf: 1 line }\ndevice D {\n  registers GO, GO\n  dsb\n  st buf = 1\n  on GO { wr buf = 1 }\n  on GO { lower }\n  on STOP { raise }\n}',
    )
    expect(problems(text)).toEqual([
      '4:1 the register "GO" of D is declared twice',
      expect.stringMatching(/^6:3 "dsb" is for cores; a device cannot do it/),
      expect.stringMatching(/^7:3 "st" is for cores/),
      expect.stringMatching(/^8:11 "wr" takes time; what a device does in the step of a register write are/),
      '9:3 "on GO" is there already',
      expect.stringMatching(/^10:3 unknown register of D "STOP"/),
    ])
  })

  test('a device that goes round without waiting is told to wait', () => {
    const loop = (body: string) => problems(whole(`device D {\n  registers GO\n  while GO == 0 { ${body} }\n}`))
    expect(loop('r0 = 1')).toEqual(['5:3 this loop goes on for ever and does nothing: say wait <condition>'])
    expect(loop('wait BELL == 1')).toEqual([])
    expect(loop('GO = GO + 1')).toEqual([])
  })

  test('a handler has the registers of its core, and does not wait', () => {
    const text = whole(`${core}\nisr C0 { r1 = r0; wait irq }\nisr C0 { nop }\nisr C1 { nop }`)
    expect(problems(text)).toEqual([
      expect.stringMatching(/^4:19 an interrupt handler does not wait for interrupts/),
      '5:1 C0 has an interrupt handler already',
      expect.stringMatching(/^6:1 unknown core "C1". Did you mean C0\?/),
    ])
  })
})

describe('declarations', () => {
  test.each([
    ['memory { a: 1 word\n a: 1 line }', ['4:2 "a" is declared already: memory (3:10)']],
    ['memory { C0: 1 word }', ['3:10 "C0" is declared already: a core (4:1)']],
    ['memory { pte: 1 word }', ['3:10 "pte" means the entry of a page; choose another name']],
    ['memory { a: { x, x } }', ['3:10 the field "x" of a is there twice']],
    ['memory { a: 0 words }', ['3:10 "a" has no words']],
    ['memory { a: 1 word = 1, 2 }', ['3:10 "a" has 1 word and 2 initial values']],
    ['memory { a: 2 x 1 word { x, y } }', ['3:10 "a" has 2 fields and 1 word for them']],
    [
      'memory { a: 5000 pages }',
      [expect.stringMatching(/^3:10 "a" takes 20000 words; all memory of a test has at most 4096/)],
    ],
    ['memory { a: 1 word = zz }', [expect.stringMatching(/^3:22 unknown name "zz"/)]],
    ['memory { a: 1 word nc so }', ['3:10 the type of "a" is given twice']],
    ['memory { io v\n a: 1 page\n map v -> a\n map v -> a }', ['6:2 "v" is mapped already, to a']],
    ['memory { io v\n map v -> b }', [expect.stringMatching(/^4:2 unknown memory "b"/)]],
    ['memory { a: 1 page\n map a -> a }', ['4:2 "a" is memory, not an IO page or a virtual page']],
    ['locks l, l', ['the lock "l" is declared twice']],
    ['param a = 1\nparam a = 2', ['4:7 "a" is declared already: a parameter (3:7)']],
    ['variants a, a', ['the variant "a" is declared twice']],
    ['variants a, b', ['the variants "a" and "b" do the same: no block is for one of them']],
    [
      'platform { feature evicton }',
      [expect.stringMatching(/^3:20 unknown feature "evicton". Did you mean eviction\?/)],
    ],
    ['platform { feature l2, no l2 }', ['3:27 the feature "l2" is both on and off']],
    ['platform { size lines 2 }', [expect.stringMatching(/^3:17 unknown size "lines". Did you mean line\?/)]],
    ['platform { size line 3 }', [expect.stringMatching(/^3:17 size line is 3: it must be a power of two up to 8/)]],
    ['platform { size line 2, line 4 }', ['3:25 the size "line" is given twice']],
    ['platform { sysmmu M for C0 version 3.3 }', ['3:12 "C0" is a core, not a device']],
    ['platform { mmu for C1 }', [expect.stringMatching(/^3:12 unknown core "C1"/)]],
    ['platform { coherent E }', [expect.stringMatching(/^3:12 unknown device "E"/)]],
  ])('%s', (text, expected) => {
    expect(problems(whole(`${text}\n${core}`))).toEqual(expected)
  })

  test('units: versions, options, backends, and a device behind two of them', () => {
    const units = (lines: string) => problems(whole(`platform {\n${lines}\n}\ndevice D { nop }`))
    expect(units('sysmmu M for D version 9.9')).toEqual([
      expect.stringMatching(/^4:1 unknown version "9.9". Known: 1.0, /),
    ])
    expect(units('sysmmu M for D version 3.3\niommu N for D')).toEqual(['5:1 D is behind M already'])
    expect(units('iommu N for D with queue, queue')).toEqual(['4:1 the option "queue" is there twice'])
    expect(units('backend D linaer')).toEqual([
      expect.stringMatching(/^4:1 unknown backend "linaer". Did you mean linear\?/),
    ])
    expect(units('supply M clock')).toEqual([expect.stringMatching(/^4:1 unknown device or unit "M"/)])
    expect(units('supply D clock, clock')).toEqual(['4:1 the clock is there twice'])
    expect(units('atc for D')).toEqual(['4:1 D is behind no iommu that could fill its translation cache'])
  })

  test('a test in which nobody does anything is none', () => {
    expect(problems(whole('locks l'))).toEqual(['nobody does anything: a test has a cpu or a device'])
  })
})

describe('variants', () => {
  const variants = (body: string, more = '') =>
    problems(whole(`variants a, b\ncpu C0 { variant a { dsb }\n${body} }\n${more}`))
  test('a block for others inside of a block is for nobody', () => {
    expect(variants('variant a { variant b { nop } }')).toEqual([
      '5:13 no variant has this: the block around it is for others',
    ])
  })
  test('unknown and doubled names', () => {
    expect(variants('variant c { nop }')).toEqual(['5:1 unknown variant "c". Known: a, b'])
    expect(variants('variant a, a { nop }')).toEqual(['5:1 the variant "a" is named twice'])
    expect(variants('nop', 'never c: 1')).toEqual(['6:1 unknown variant "c". Known: a, b'])
  })
})

describe('conditions', () => {
  const never = (condition: string) => problems(aroundStatement('nop').concat(`never ${condition}\n`))
  test.each([
    ['r0 == 1', /^18:7 say whose register it is: C0.r0/],
    ['C0.r9 == 1', /^18:7 unknown register of C0 "r9". Did you mean r0\?/],
    ['C9.r0 == 1', /^18:7 unknown core, thread or device "C9". Did you mean C0\?/],
    ['buf.a == 1', /^18:7 say who sees it: memory buf.a/],
    ['D buf == 1', /^18:7 "D" is a device, not a core/],
    ['memory bug == 1', /^18:14 unknown place "bug". Did you mean buf\?/],
    ['memory buf[9] == 1', /^18:18 buf\[9\] is outside/],
  ])('%s', (condition, message) => {
    expect(never(condition)).toEqual([expect.stringMatching(message)])
  })
  test('registers of devices, and memory as memory and as cores have it', () => {
    expect(never('D.STATUS == 1 && memory buf[0] != C0 desc.flag || C0.r0 == buf')).toEqual([])
  })
})

describe('expectations', () => {
  const expecting = (lines: string) =>
    problems(
      whole(
        `param rounds = 1\nvariants a, b\nplatform { feature no eviction }\ncpu C0 { variant a { dsb } } ; device D { nop }\nnever 0\n${lines}`,
      ),
    )
  test.each([
    ['expect c: holds', [expect.stringMatching(/^8:1 unknown variant "c"/)]],
    [
      'expect a: violated fresh-laod',
      [expect.stringMatching(/^8:1 unknown oracle "fresh-laod". Did you mean fresh-load\?/)],
    ],
    ['expect a: violated always', ['8:1 the test has no condition "always" that could be violated']],
    ['expect a: violated never, never', ['8:1 "never" is there twice']],
    ['expect a with specultion: holds', [expect.stringMatching(/^8:15 unknown feature "specultion"/)]],
    ['expect a with rounds = 1 with rounds = 2: holds', ['8:31 "rounds" is set twice']],
    [
      'expect a with runds = 1: holds',
      [expect.stringMatching(/^8:15 unknown parameter or size "runds". Did you mean rounds\?/)],
    ],
    ['expect a with D.cohrent: holds', [expect.stringMatching(/^8:15 unknown option "D.cohrent"/)]],
    ['expect a without D.coherent: holds', ['8:18 "D.coherent" is off anyway: the platform says so']],
    [
      'expect a with D.coherent without D.coherent: holds',
      ['8:34 both with and without "D.coherent"', '8:34 "D.coherent" is off anyway: the platform says so'],
    ],
    [
      'expect a with line = 3: holds',
      [expect.stringMatching(/^8:15 size line is 3: it must be a power of two up to 8/)],
    ],
    [
      'expect a with tlb = 32: holds',
      [expect.stringMatching(/^8:15 size tlb is 32: it must be 0 or a power of two up to/)],
    ],
    ['expect a with line = 2: holds', ['8:15 size line is 2 anyway']],
    ['expect a with line = 1: holds\nexpect a: violated', []],
    ['expect a with l2 without l2: holds', ['8:26 both with and without "l2"']],
    ['expect a without eviction: holds', ['8:18 "eviction" is off anyway: the platform says so']],
    ['expect a: holds\nexpect: violated', ['9:1 the same check of "a" is expected to be violated, and not to (8:1)']],
    [
      'expect a with rounds = 1: holds\nexpect a: violated',
      ['9:1 the same check of "a" is expected to be violated, and not to (8:1)'],
    ],
    ['expect a without speculation: violated\nexpect a with eviction: holds', []],
    [
      'expect a: violated only never\nexpect a: violated fresh-load',
      ['9:1 the same check of "a" is expected to violate fresh-load, and only something else (8:1)'],
    ],
    ['expect a: holds\nexpect b: violated never\nexpect a with rounds = 2: violated', []],
  ])('%s', (lines, expected) => {
    expect(expecting(lines)).toEqual(expected)
  })
})

describe('memory without a linear mapping', () => {
  const unmapped = (words: string, statement: string, units = 'mmu for C0') =>
    problems(whole(`platform { ${units} }\nmemory { p: ${words} unmapped\nva u\nmap u -> p }\ncpu C0 { ${statement} }`))
  test('is reached by virtual pages, and maintained by its name', () => {
    expect(unmapped('1 page', 'ld r0 = u[0] ; st u[1] = 2 ; flush p')).toEqual([])
    const message = expect.stringMatching(/^7:\d+ "p" is unmapped: a core reaches it by a va page that is mapped to it/)
    for (const access of ['ld r0 = p[0]', 'st.nc p = 0', 'poll p == 1'])
      expect(unmapped('1 page', access)).toEqual([message])
  })
  test('is whole pages, and somebody has a unit', () => {
    expect(unmapped('1 line', 'nop')).toEqual(['4:10 only whole pages are unmapped: say how many pages "p" has'])
    expect(unmapped('1 page', 'nop', '')).toEqual([
      '4:10 no core has an mmu, and so none could reach "p": say "mmu for <core>"',
    ])
  })
})

describe('registers of units', () => {
  const units = (statement: string) =>
    problems(
      whole(
        `platform { iommu M for D\nsysmmu S for E version 3.3 }\ncpu C0 {\n${statement}\n}\ndevice D { nop }\ndevice E { nop }`,
      ),
    )
  test('are those of their kind', () => {
    expect(units('mmio.r r0 = M.STATUS ; poll S.STATUS & 1 == 1 ; mmio.w S.INT_CLEAR = 1')).toEqual([])
    expect(units('mmio.r r0 = M.INT_STATUS')).toEqual([
      expect.stringMatching(/^6:1 unknown register of M "INT_STATUS"/),
    ])
    expect(units('poll S.FAULT_ADDR == 0')).toEqual([expect.stringMatching(/^6:1 unknown register of S "FAULT_ADDR"/)])
    expect(units('bell M')).toEqual(['6:1 "M" is a unit, not a device'])
  })
})

describe('faults in conditions', () => {
  const condition = (line: string) =>
    problems(whole(`platform { iommu M for D }\nmemory { p: 1 page\nio v }\ncpu C0 { nop }\ndevice D { nop }\n${line}`))
  test.each([
    ['never fault D page read at v', []],
    ['never main: fault multi-hit', []],
    ['never fault E', [expect.stringMatching(/^8:7 unknown device "E"/)]],
    ['never fault page access', ['8:18 the kind of the fault is given twice']],
    ['never fault read write', ['8:18 the access of the fault is given twice']],
    ['never fault at p', ['8:7 "p" is memory, not an IO page']],
    [
      'always fault',
      ['8:1 a fault happens in a moment, and what is always so is judged at the end: say never or sometimes'],
    ],
  ])('%s', (line, expected) => {
    expect(condition(line)).toEqual(expected)
  })
})

test('forms that were not written are checked without places', () => {
  const wrong: LitmusTest = {
    ...emptyTest,
    actors: [{ actor: 'cpu', name: 'C0', body: [{ do: 'variant', variants: [], body: [] }] }],
    conditions: [{ kind: 'never', variants: [], that: { expr: 'name', name: 'x' } }],
  }
  expect(() => checkLitmus(wrong)).toThrow(
    'empty: which variant? It names none\nempty: an empty variant block changes nothing\nempty: unknown name "x": none is declared',
  )
})
