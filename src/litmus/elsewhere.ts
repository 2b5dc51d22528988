/** Litmus | words of the kernel and of other languages, and how what they mean is written here. */

const written = (text: string) => `here it is written ${text}`
const condition = 'never|always|sometimes <condition>'

/** What a statement, an item of a test or a call may be called elsewhere. */
const words: Readonly<Record<string, string>> = {
  // items
  exists: written('sometimes <condition>, or never <condition> for what must not come out'),
  forall: written('always <condition>'),
  forbidden: written('never <condition>'),
  forbid: written('never <condition>'),
  allowed: written('sometimes <condition>'),
  required: written('sometimes <condition>'),
  final: written(condition),
  locations: written(condition),
  thread: written('cpu <name> thread <t> { … }'),
  core: written('cpu <name> { … }'),
  irq: written('isr <core> { … }'),
  features: written('platform { feature <name>, … }'),
  // statements
  for: written('repeat <n> { … } or while <value> { … }'),
  loop: written('repeat <n> { … } or while <value> { … }'),
  write: written('st <place> = <value> for a core, wr <place> = <value> for a device'),
  store: written('st <place> = <value>'),
  str: written('st <place> = <value>'),
  read: written('ld <r> = <place> for a core, rd <r> = <place> for a device'),
  load: written('ld <r> = <place>'),
  ldr: written('ld <r> = <place>'),
  invalidate: written('inv <place>'),
  cleaninv: written('flush <place>'),
  wfi: written('wait irq'),
  sync: written('tlbsync, or dsb'),
  barrier: 'a barrier of the compiler is not needed: a program runs as it stands; of the core it is dmb or dsb',
  mfence: written('dmb'),
  // calls
  smp_mb: written('dmb'),
  smp_rmb: written('dmb'),
  smp_wmb: written('dmb'),
  dma_rmb: written('dmb'),
  dma_wmb: written('dmb'),
  __iowmb: written('wmb'),
  READ_ONCE: written('ld <r> = <place>'),
  WRITE_ONCE: written('st <place> = <value>'),
  atomic_read: written('ld <r> = <place>'),
  atomic_set: written('st <place> = <value>'),
  test_bit: written('ld <r> = <place>, and <r> & <mask>'),
  readl: written('mmio.r <r> = <D>.<REG>; rmb'),
  writel: written('wmb; mmio.w <D>.<REG> = <value>'),
  readl_relaxed: written('mmio.r <r> = <D>.<REG>'),
  writel_relaxed: written('mmio.w <D>.<REG> = <value>'),
  spin_lock: written('lock <l>'),
  spin_unlock: written('unlock <l>'),
  spin_lock_irqsave: written('irqs off; lock <l>'),
  spin_unlock_irqrestore: written('unlock <l>; irqs on'),
  local_irq_disable: written('irqs off'),
  local_irq_enable: written('irqs on'),
  mb: written('mb, without parentheses'),
  rmb: written('rmb, without parentheses'),
  wmb: written('wmb, without parentheses'),
  free_page: written('free <p>'),
  alloc_page: written('alloc <p> for <owner>'),
}

/** How what the word means elsewhere is written here. */
export function hintFor(word: string): string | undefined {
  if (Object.hasOwn(words, word)) return words[word]
  return /^P\d+$/.test(word) ? written(`cpu ${word} { … }`) : undefined
}

/** "unknown statement "for": here it is written …", if there is a hint. */
export function hinted(kind: string, word: string): string | undefined {
  const hint = hintFor(word)
  return hint === undefined ? undefined : `unknown ${kind} "${word}": ${hint}`
}
