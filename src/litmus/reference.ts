/** Litmus | what can be written, line by line, with its meaning: the language reference and the hints of messages are made of it. */

/** A line of the reference. `syntax`: <…> is to be replaced, […] may be left out, a|b is one of both. */
export interface ReferenceLine {
  readonly syntax: string
  readonly meaning: string
}

const line = (syntax: string, meaning: string): ReferenceLine => ({ syntax, meaning })

export const referenceSections = {
  'The test': [
    line('litmus <name> "This asks whether …"', 'begins a test: its name, in kebab-case, and its question'),
    line('source "<text>"', 'where the order of steps is from: repository, path and commit, or a paper'),
    line('class <A>[, <B>]', 'letters of the classes of bugs it belongs to, which are listed below'),
    line('note "<text>"', 'a remark for the reader of a report; any number'),
    line('param <name> = <number>', 'a number that can be set from outside, with its default'),
    line('variants <a>, <b>', 'forms of the test that differ in some statements; without it there is one, `main`'),
    line(
      'platform [<variants>] { … }',
      'hardware; what is not said is as usual. With names: of these variants beside that',
    ),
    line('memory [<variants>] { … }', 'words, tables, pages of addresses, and what is mapped at first; likewise'),
    line('locks <l>[, <m>]', 'locks; a thread that waits for one lets others of its core run meanwhile'),
    line('cpu <name> { … }', 'a core and its program'),
    line(
      'cpu <name> thread <t> { … }',
      "one of several programs that take turns on a core, between any two instructions unless interrupts are off, in an order that nobody knows. Registers are the thread's own, as in `<t>.r0`; caches and store buffer are the core's, and a barrier is about all that the core did before",
    ),
    line(
      'isr <core> { … }',
      "the interrupt handler of a core; it has the core's registers, where threads have their own. What does not clear its cause runs again and again, and violates `progress`",
    ),
    line('device <name> { … }', 'a device that runs a program of accesses'),
    line(
      'never|always|sometimes [<variants>:] <condition>',
      'judged when every program has ended and nothing more must happen',
    ),
    line(
      'never|sometimes [<variants>:] fault [<D>] [page|access|bus|multi-hit] [read|write] [at <v>]',
      'judged at every moment: no unit reports such a fault, or in some run one does; what is left out may be any',
    ),
    line(
      'expect [<variants>] [with <feature>|<part>.<option>|<param>|<size> = <n>, …] [without <feature>|<part>.<option>, …]: holds',
      'a check finds nothing, given these switches and numbers',
    ),
    line(
      'expect [<variants>] [with …] [without …]: violated [only] [<oracle>|never|always|sometimes, …]',
      'a check finds at least these; with `only`, nothing else',
    ),
  ],
  Platform: [
    line('feature [no ]<name>[, …]', 'hardware features that differ from their defaults'),
    line('size <name> <number>[, …]', 'sizes that differ from the usual ones'),
    line(
      'sysmmu <M> for <D> version <3.3> [off]',
      "Samsung's System MMU in front of a device; `off`: not enabled at first",
    ),
    line(
      'iommu <M> for <D>[, <E>] [with <option>[, …]] [off]',
      'an IOMMU; options: queue (commands are executed later, in order), tags (entries carry the number of a domain), walk cache, fault cache, line fetch, ignores walks, ignores accesses (invalidations do not wait for what began before), multi hit fault (of entries of two sizes; else either is used)',
    ),
    line(
      'atc for <D> [with ignores accesses]',
      'a translation cache inside a device, filled from its IOMMU; with the option it answers an invalidation before its older accesses have landed',
    ),
    line('mmu for <C0>[, …]', 'cores whose `va` pages are translated by tables in memory'),
    line('coherent <D>', "the device's accesses snoop the caches"),
    line(
      'supply <D>|<M> clock|power[, …] [on]',
      'of a device or of its unit, each by itself: it can be switched; off at first unless `on`. Power lost: registers and translations are lost, and nothing answers',
    ),
    line('backend <D> <name>', 'what get_dma_ops gives for the device'),
    line(
      '<M>.<option>, <M>.version-<3.1>, <D>.coherent|atc|atc-ignores-accesses, <M>.clock|power',
      'options of parts, for expectations: those of an IOMMU, joined by `-`; the version of a SYSMMU; what a device has; what can be switched off, or else is always on',
    ),
  ],
  Memory: [
    line('<buf>: <n> word|line|page[s]', 'words with a name; lines and words begin at a new line, pages at a new page'),
    line('<desc>: { <a>, <b> }', 'a record: one word for each name'),
    line('<ring>: <n> x { <a>, <b> }', 'an array of records; `4 x 1 line { a, b }`: each as long as a line'),
    line('… next [+ <words>]', 'goes on right after what stands before it'),
    line('… at line|page|section [+ <words>]', 'where it begins'),
    line(
      '… nc|so',
      'what plain accesses use, by name or through a pointer: Normal non-cacheable, strongly ordered; otherwise cacheable',
    ),
    line(
      '… unmapped',
      'whole pages that the linear mapping does not have: a core with an mmu reaches them by va pages, and fetches ahead only through those',
    ),
    line(
      '… far',
      'beyond what devices with backend dmabounce reach: it goes through their safe buffers, which `dmabounce_register_dev` makes',
    ),
    line('… = <value>[, …]', 'initial words, repeated; otherwise 0'),
    line('table <T>[, …] [nc|so]', 'second-level tables, empty at first'),
    line('io <v>[, …] [at …]', 'consecutive pages of IO addresses'),
    line('va <u>[, …] [at …]', 'virtual pages of the cores'),
    line(
      'map <v> -> <p> [large|section] [nc|so] [tag <n>] [in <M>]',
      'mapped from the start, or with a table as <p> linked to it; without an mmu, a va page is an alias: a second way to the same memory. Where two such pages of one memory differ in nc, `alias` is judged; the linear mapping does not count',
    ),
  ],
  'Values and places': [
    line('<r> + 1 == 2 && !<x>', 'unsigned words; precedence as in C, but &, ^ and | bind tighter than comparisons'),
    line('&<place>', 'its address, as a pointer to it holds it'),
    line(
      'page|large|section <p> [nc|so] [read-only]',
      'the table entry of a page; a large one stands in as many places as it has pages',
    ),
    line('table <T>', 'the table entry of a second-level table'),
    line('<buf>, <buf>[1], <buf>[0..1], <ring>[1].<field>', 'all words, one, a range, one of a record'),
    line('[<r> + 1]', 'through a pointer in a register, with words of offset'),
    line('@<place>', 'by physical address, where IO addresses are the rule'),
    line(
      'pte <v> [in <M>] [tag <n>]',
      'the leaf entry of an IO or virtual page; naming it makes the second-level table that it stands in, unless the memory section links one, as `map <v> -> <T>`; entries of a table that a program links later are words of it, as `st T[0] = page p`',
    ),
    line('pd <n>|<v> [in <M>] [tag <n>]', 'a first-level entry, by number or by a page under it'),
    line(
      'dte <D>[<n>] [in <M>]',
      'a word of the device table: 0 the root and valid bit, written as the number of the domain whose tables they are; 1 the domain that translations are kept under. At first both are 0, and nothing is translated; what a unit has read of it, it keeps until `tlbi walks` or `tlbi all`',
    ),
    line('<C0>.<r>', 'in conditions: a register of a core or a device'),
    line('memory <place>, <C0> <place>', 'in conditions: a word of memory itself, or as a core sees it'),
  ],
  'Cores and devices': [
    line('<r> = <value>', 'sets a register'),
    line('if <value> { … } [else if …] [else { … }]', 'a branch; 0 is false'),
    line('while <value> [max <n>] { … }', 'at most n rounds; without max it may go on for ever'),
    line('repeat <n> { … }', 'n rounds'),
    line('variant <a>[, <b>] { … }', 'only in these variants'),
    line('assert <value> "<message>"', 'a violation of oracle `assertion` if the value is 0'),
    line('nop', 'nothing'),
  ],
  Cores: [
    line('st[.nc|.so] <place> = <value>', 'a store; of a range, to every word of it'),
    line('ld[.nc|.so] <r> = <place>', 'a load; of a range, of every word, and the last one stays'),
    line(
      'ldrex[.nc] <r> = <place>, strex[.nc] <s>, <place> = <value>, clrex',
      'exclusive accesses of one word: the store writes, and <s> is 0, if nobody else has written there since the load and the monitor was not cleared; else <s> is 1. It is not ordered with other accesses but by barriers, and may fail without a cause (`exclusiveFailures`)',
    ),
    line(
      '[<r> = ]cmpxchg(<place>, <old>, <new>), atomic_…(…), test_and_set_bit(<n>, <place>), …',
      'atomic operations by their names in the kernel, as loops of exclusive accesses with the barriers that each has there; below is the list',
    ),
    line(
      'clean|inv|flush <place>[@L1|@L2]',
      'writes lines back, drops them, or both; without a level every level in the right order, complete at its end; with one it is under way until a dsb',
    ),
    line('evict <place>[@L1|@L2]', 'the cache drops the line on its own, written back if dirty'),
    line('spec <place>[@L1|@L2]', 'the core fills the line although no instruction asks for it'),
    line('dmb, dsb, isb', "the core's barriers"),
    line('mb, rmb, wmb', "the kernel's barriers"),
    line('drain', "empties the outer cache's store buffer"),
    line('pte[.nc] <v> [in <M>] [tag <n>] = <p> [nc|so] [read-only]', 'writes the leaf entry of a page; 0 clears it'),
    line('pd[.nc] <n>|<v> = <T>|section <p>|0', 'writes a first-level entry'),
    line('dte[.nc] <D>[<n>] = <value>', "writes a word of the device table's entry"),
    line('tlbi <v> [tag <n>] [in <M>]', 'invalidates the translation of a page'),
    line(
      'tlbi all|walks|tag <n> [in <M>]',
      'invalidates everything; what walks keep, the device table among it; or a domain',
    ),
    line(
      'tlbi dte <D> [in <M>]',
      "invalidates what a unit has read of the device's entry in the device table, and no translation",
    ),
    line(
      'tlbsync [in <M>] [max <n>] [else { … }]',
      'waits until the invalidations so far are complete, or until it has looked n times; then `else`, and on it goes',
    ),
    line('tlbsync <place> = <value> [in <M>]', 'does not wait: has the value written there when they are complete'),
    line('atc <D> [<v>]', "invalidates the device's own translations: of a page, or all"),
    line('block|unblock [<M>]', 'holds translation up, and lets it go on'),
    line('enable|disable [<M>]', 'switches translation on or off'),
    line('root <n> [in <M>]', 'points to the first-level tables of that domain'),
    line(
      'clk+|clk- <D>|<M>, pwr+|pwr- <D>|<M>',
      "switches the clock or the power of a device or unit; a device's is not its unit's",
    ),
    line('mmio.w <D>.<REG> = <value>', 'writes a register of a device or of a unit'),
    line('mmio.r <r> = <D>.<REG>', 'reads one'),
    line('bell <D> [= <value>]', 'writes register BELL, with 1 unless it is said: the device starts'),
    line(
      'own->dev|own->cpu <place> TO_DEVICE|FROM_DEVICE|BIDIRECTIONAL [for <D>]',
      "the buffer is handed over; no maintenance by itself: write that after own->dev, as what an `inv` before it drops is still the core's own. Of memory that the test allocs or frees it is a mapping, and its end",
    ),
    line(
      'done <place>',
      'the software knows that the transfer is over; without own->, done or queued nothing is handed over, and ownership and freshness of it are not judged',
    ),
    line('queued <place>', 'the device may use it from here on'),
    line(
      'alloc <p> for kernel|user|dma|page-table|stack|text',
      'the page has a new owner; a device may reach it once it is mapped, or handed over with own->dev',
    ),
    line('free <p>', 'the page has none; what was stored there is lost to nobody'),
    line(
      'iova+|iova- <v> [tag <n>] [in <M>]',
      'takes an IO address, gives it back: of one domain, or in all of the unit, or of every unit',
    ),
    line('[<r> = ]dma_…(<D>, …)', 'a call of the DMA API, by the name the kernel has for it'),
    line(
      'lock|unlock <l>',
      'a lock; as `spin_lock_irqsave` does it after `irqs off`: then a thread keeps the core with it',
    ),
    line(
      'poll[.nc|.so] <D>.<REG>|<place> == <value> [max <n>] [else { … }]',
      'reads until it holds, at most n times; any comparison',
    ),
    line('poll … until <value>', 'the same; `value` is what was read'),
    line(
      'wait irq',
      'sleeps until an interrupt comes, and misses one that was handled before: wait instead for a word that the handler writes, as in `poll flag == 1`',
    ),
    line('irqs on|off', 'lets interrupts in, or not'),
    line(
      'faults',
      'from here on faults of devices, and translation faults of cores, are no violations: they are kept from what is not theirs',
    ),
  ],
  Devices: [
    line('registers <REG>[ = <n>][, …]', 'what cores can reach, with values at reset; BELL is always there'),
    line(
      'on <REG> { … }',
      'in the very step in which the register is written, every time and whatever the program does: assignments, raise, lower; `wait` sees only what the register holds when its turn comes',
    ),
    line('rd <r> = <place>', 'a read by IO address; of a range, of every word, and the last one stays'),
    line('wr <place> = <value>', 'a write by IO address, posted'),
    line('fence', 'waits until every write so far is acknowledged'),
    line('walk <v>', 'asks for a translation without an access'),
    line('wait <value>', "waits until it holds; the device's own registers only"),
    line('raise, lower', 'the interrupt line'),
  ],
} as const satisfies Readonly<Record<string, readonly ReferenceLine[]>>

/** The syntax of what begins with a word, if the reference has it; several are separated by `;`. */
export function syntaxOf(word: string): string | undefined {
  const found = linesOf(word).map(({ syntax }) => syntax)
  return found.length > 0 ? found.join('; ') : undefined
}

/** What begins with a word, and the section that it is in. */
export function linesOf(word: string): (ReferenceLine & { readonly section: string })[] {
  return Object.entries(referenceSections).flatMap(([section, lines]) =>
    lines.filter(({ syntax }) => headsOf(syntax).includes(word)).map((one) => ({ ...one, section })),
  )
}

/** The word that a longer form begins with: `st` of `st.nc`, `clk` of `clk+`, `own` of `own->dev`, `dma` of `dma_map_single`. */
export function headOf(form: string): string | undefined {
  return /^([a-z]+)(\.[a-z]+|[+-]|->[a-z]+|_[a-z_]+)?$/.exec(form)?.[1]
}

/** Every word that something begins with, in the order of the reference. */
export function referenceWords(): string[] {
  const lines: readonly ReferenceLine[] = Object.values(referenceSections).flat()
  return [...new Set(lines.flatMap(({ syntax }) => headsOf(syntax)))].filter((word) => word !== '')
}

/** `clean|inv <place>` begins with clean or inv; `clk+ <M>, pwr+ <D>` with clk or pwr; `[<r> = ]dma_…` with dma. */
function headsOf(syntax: string): string[] {
  return syntax
    .replace(/^\[[^\]]*\]/, '')
    .split(', ')
    .flatMap((part) => (/^[a-z|+>-]+/.exec(part)?.[0] ?? '').split('|').map((word) => word.replace(/[^a-z].*/, '')))
}
