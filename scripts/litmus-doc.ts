/** Scripts | docs/litmus.md: the language of litmus tests on one page, made from the reference, the grammar and the tables. */

import { features } from '../machines/features.ts'
import { apiCalls } from '../src/litmus/api-calls.ts'
import { type Atomic, atomics } from '../src/litmus/atomics.ts'
import { bugClasses } from '../src/litmus/classes.ts'
import { reservedNames } from '../src/litmus/declarations.ts'
import { nestingMax, textLengthMax } from '../src/litmus/layout.ts'
import { litmusParser } from '../src/litmus/parser.ts'
import { referenceSections } from '../src/litmus/reference.ts'
import { litmusSizes } from '../src/litmus/sizes.ts'
import { oracleNames } from '../src/oracle/index.ts'
import { cell, code, table } from './markdown.ts'

/** A whole test, which the tests of the page parse. */
export const exampleTest = `litmus from-device-prefetch
"This asks whether a FROM_DEVICE buffer needs maintenance again when it comes back to the CPU."
source "torvalds/linux arch/arm/mm/dma-mapping.c 2ffe2da3e716"
class B
variants buggy, fixed

memory {
  buf: 1 line = 0
}

cpu C0 {
  inv buf
  own->dev buf FROM_DEVICE
  bell D = &buf
  poll D.DONE == 1
  done buf
  variant fixed {
    inv buf  # drops what was fetched ahead meanwhile
  }
  own->cpu buf FROM_DEVICE
  ld r0 = buf[0]
}

device D {
  registers DONE
  wait BELL != 0
  wr [BELL] = 7
  fence
  DONE = 1
}

never C0.r0 != 7

expect buggy: violated fresh-load
expect buggy without speculation: holds
expect fixed: holds
`

/** The page, without the line that says that it is generated. */
export function litmusPage(): string {
  const sections = Object.entries(referenceSections).map(
    ([title, lines]) =>
      `## ${title}\n\n${table(
        ['written', 'meaning'],
        lines.map(({ syntax, meaning }) => [code(syntax), cell(meaning)]),
      )}`,
  )
  return `${[
    '# The language of litmus tests',
    'A litmus test says what hardware there is, what cores and devices do, and what must not come out of it, or must. `dmarace check file.litmus` ' +
      'searches every run; `dmarace fmt` puts the text into its canonical layout; `dmarace litmus new` begins one, and `dmarace diy` makes one from a [cycle of edges](litmus-diy.md). Its internal form is plain ' +
      'data with a [JSON Schema](litmus.schema.json).',
    `\`\`\`litmus\n${exampleTest}\`\`\``,
    '`<…>` is to be replaced, `[…]` may be left out, `a|b` is one of both.',
    ...sections,
    `## Names and layout\n\n${layoutRules.map((rule) => `- ${rule}`).join('\n')}`,
    `## When a search is long\n\n${longSearches.map((rule) => `- ${rule}`).join('\n')}`,
    `## Calls of the DMA API\n\nAs in \`h = dma_map_single(D, buf, TO_DEVICE)\` and \`v, h = dma_alloc_coherent(D, 8)\`. A size is a number of bytes, or memory whose size it is; pieces and attributes are any number. What is allocated is reached through a pointer to its kernel address.\n\n${table(
      ['call', 'results'],
      [
        ...Object.entries(apiCalls),
        ['dma_free_coherent', { takes: ['device', 'size', 'kernel address', 'handle'], gives: 0 }] as const,
      ].map(([name, { takes, gives }]) => [code(`${name}(${takes.join(', ')})`), cell(String(gives))]),
    )}`,
    `## Atomic operations\n\nAs in \`old = cmpxchg(flag, 0, 1)\`, \`atomic_inc(&ring.count)\` and \`was = test_and_set_bit(0, flag)\`: loops of exclusive accesses of one word, with the barriers (DMB) that they have in the kernel (HF-568). A place is a name, \`<name>.<field>\`, \`[<r>]\`, or \`&\` of one. Where a place is cached the L1 keeps the monitor, which another core's write ends, and so does a coherent device's, and no other device's; past the caches memory does, for writes of anybody (feature \`globalMonitor\`). Strongly-ordered memory takes none.\n\n${table(
      ['call', 'gives', 'barriers'],
      Object.entries(atomics).map(([name, { takes, gives, order }]) => [
        code(`${name}(${takes.join(', ')})`),
        atomicResults[gives],
        atomicBarriers[order],
      ]),
    )}`,
    `## Oracles\n\nWhat \`violated\` can name besides the test's own conditions; [oracles.md](oracles.md) says when each is: ${oracleNames.map(code).join(', ')}.`,
    `## Features\n\n${table(
      ['name', 'usually', 'meaning', 'facts'],
      Object.entries(features).map(([name, feature]) => [
        code(name),
        feature.default ? 'on' : 'off',
        feature.description,
        feature.facts.join(', '),
      ]),
    )}\n\n\`dmarace explain <name>\` tells the facts; so do [the tables](hardware-facts.md).`,
    `## Sizes\n\n${table(
      ['name', 'usually', 'at most', 'meaning'],
      Object.entries(litmusSizes).map(([name, size]) => [
        code(name),
        String(size.usual),
        String(size.max),
        size.description,
      ]),
    )}`,
    `## Classes of bugs\n\n${table(
      ['class', 'title', 'what goes wrong'],
      Object.entries(bugClasses).map(([letter, { title, description }]) => [letter, title, cell(description)]),
    )}`,
    `## Grammar\n\nQuoted words stand for themselves; \`[ ]\` is optional, \`{ }\` any number of times, \`|\` a choice. \`Name\` is any word, also one of the grammar.\n\n\`\`\`ebnf\n${grammar()}\`\`\``,
  ].join('\n\n')}\n`
}

const atomicResults: Readonly<Record<Atomic['gives'], string>> = {
  nothing: '-',
  old: 'the word before',
  new: 'the word afterwards',
  stored: '1 if it has stored, else 0',
  zero: '1 if the word is 0 afterwards',
  bit: '1 if the bit was set before',
}
const atomicBarriers: Readonly<Record<Atomic['order'], string>> = {
  none: '-',
  full: 'before and behind',
  acquire: 'behind',
  release: 'before',
}

const layoutRules: readonly string[] = [
  'Names are letters, digits and `_`, not beginning with a digit. In the names of tests, oracles, backends, owners and sizes, `-` and `/` may stand as well. No word is reserved, but ' +
    `${Object.keys(reservedNames).map(code).join(', ')} cannot be declared: they would be read as something else.`,
  'Cores, threads, devices, units, memory, pages and parameters share one set of names; locks and variants have their own. Registers belong to their core, thread or device, and an interrupt handler has those of its core.',
  'Numbers are decimal or hexadecimal (`0x10`), of 32 bits.',
  'A new line or `;` ends a statement; after a comma or an operator, and inside of brackets, the line goes on. `#` begins a comment.',
  '`*` `%`, then `+` `-`, `<<` `>>`, `&`, `^`, `|`, `<` `>` `<=` `>=`, `==` `!=`, `&&`, `||`: the first binds tightest. Unlike in C, `value & 2 != 0` is `(value & 2) != 0`. `x % 0` is x.',
  `At most ${textLengthMax} characters, and ${nestingMax} levels of braces and brackets.`,
]

const longSearches: readonly string[] = [
  'Every line of cacheable memory may be fetched ahead and evicted at any moment: it is lines, and words that have several values, that multiply states. `size page 1`, or `1 word` instead of `1 page`, leaves lines out.',
  'Of a bug about translations, ordering or calls say `feature walkerCoherent, no l2, no speculation, no eviction  # caches play no part`, and `coherent <D>` for the devices; or make the memory `nc`. Without `walkerCoherent` table entries still have to be cleaned.',
  'A device that begins before it is told to (`wait BELL == 1`) can come at every moment of the other programs; so can a second core.',
  'A search of more than 200 000 states, or one that met a bound, says which parts had most states, which memory had most contents, and what may be left out.',
  '`--max-states 100000` ends a search early: what it found until then is certain, that nothing else is there is not.',
]

// --- the grammar --------------------------------------------------------------------------------------------------------------

function grammar(): string {
  const rules = litmusParser().getSerializedGastProductions()
  const width = Math.max(...rules.map((rule) => nameOf(rule).length))
  return rules.map((rule) => `${nameOf(rule).padEnd(width)} = ${sequence(partsOf(rule))}\n`).join('')
}

type Production = ReturnType<ReturnType<typeof litmusParser>['getSerializedGastProductions']>[number]

/** What a production of the library has, depending on its type. */
interface Parts {
  readonly type: string
  readonly name?: string
  readonly label?: string
  readonly definition?: readonly Production[]
  readonly separator?: Production
}

const nameOf = (part: Production) => (part as unknown as Parts).name ?? ''
const partsOf = (part: Production) => (part as unknown as Parts).definition ?? []

function sequence(parts: readonly Production[]): string {
  return parts.length === 0 ? '(* nothing *)' : parts.map(production).join(' ')
}

function production(part: Production): string {
  const { type, name = '', separator } = part as unknown as Parts
  const inner = partsOf(part)
  const repeated = separator ? `${sequence(inner)} { ${production(separator)} ${sequence(inner)} }` : sequence(inner)
  switch (type) {
    case 'NonTerminal':
    case 'Terminal':
      return name
    case 'Alternative':
      return sequence(inner)
    case 'Alternation':
      return inner.length > 1 ? `( ${inner.map(production).join(' | ')} )` : sequence(inner)
    case 'Option':
      return `[ ${sequence(inner)} ]`
    case 'Repetition':
      return `{ ${sequence(inner)} }`
    case 'RepetitionWithSeparator':
      return `[ ${repeated} ]`
    case 'RepetitionMandatory':
      return `${sequence(inner)} { ${sequence(inner)} }`
    case 'RepetitionMandatoryWithSeparator':
      return repeated
    default:
      throw new Error(`the grammar has a part of an unknown kind: ${type}`)
  }
}
