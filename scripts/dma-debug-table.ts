/** Scripts | docs/dma-debug.md: each class of dma-debug with its phrase, its scenario and the report as it is printed. */

import { type DebugClass, type DebugClassName, debugClasses } from '../src/oracle/dma-debug/classes.ts'
import { resolveOptions } from '../src/run/options.ts'
import { runScenario } from '../src/run/run.ts'
import { dmaDebugPairs } from '../src/scenario/dma-debug.ts'
import { code, table } from './markdown.ts'

/** What the twin's run says on the litmus geometry, where nothing happens by itself. */
function reportOf(name: DebugClassName): string {
  const { twin } = dmaDebugPairs[name]
  const options = resolveOptions({ scenario: twin.id, geometry: 'litmus', policy: 'off' })
  const { violations } = runScenario(options, { runtime: 'sim' })
  return violations.map(({ violation }) => violation.message).join('\n')
}

export function dmaDebugPage(): string {
  const classes = Object.entries<DebugClass>(debugClasses) as [DebugClassName, DebugClass][]
  const rows = classes.map(([name, { phrase, description, since }]) => [
    code(`dma-debug/${name}`),
    phrase,
    description,
    since ?? 'v3.6',
    code(dmaDebugPairs[name].twin.id),
  ])
  const reports = classes.map(([name]) => `- ${code(name)}: ${reportOf(name)}`)
  return `# dma-debug

The kernel's DMA API debugging as a family of oracles, one for each class of misuse. They hear of every call by its marks, at
the moment at which the kernel's wrappers tell dma-debug, keep the same table of live mappings and find an entry the same way:
a perfect fit of size, function, direction and entry count at once, else the only candidate, else none. Phrases and conditions
are those of torvalds/linux v3.6 \`lib/dma-debug.c\` and, for what came later, \`kernel/dma/debug.c\`; \`alloc-too-big\` is of v3.6
\`arch/arm/mm/dma-mapping.c\`.

Where it differs: one misuse is one report, so that the more exact of two lines that the kernel would print stands alone
(\`sync-read-only\` and \`sync-write-only\` without \`sync-direction\`, \`map-vmalloc\` without \`map-invalid-area\`, \`map-overlap-count\`
without \`map-overlap\`); a sync that begins inside a mapping and ends outside it is \`sync-outside\`, which the kernel takes for
memory that was not allocated; mappings of another device at the same address are told apart by the device's name.

Each class has a scenario of right calls and a twin with a wrong one. \`npx dmarace check dma-debug-unmap-size-wrong\` shows the
shortest run to the report; \`npx dmarace check dma-debug-unmap-size\` proves that the right calls are silent. A scenario may set
what dma-debug is told at boot (\`dmaDebug\`: \`entriesMax\`, \`linesMax\`) and whether it shows all errors or only the first, as the
kernel does unless it is told otherwise (\`show\`); errors are counted either way.

${table(['oracle', 'the kernel says', 'violated when', 'since', 'scenario'], rows)}

## Reports, as printed

${reports.join('\n')}
`
}
