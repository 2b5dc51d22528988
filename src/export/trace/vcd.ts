/** Export | a trace as waveforms: VCD with state names and codes, a GTKWave save file, and filters from codes to names. */

import { Bands } from './bands.ts'
import type { Exporter } from './exporter.ts'
import { Names } from './names.ts'
import { placed, regionsOf } from './reactions.ts'
import type { Trace } from './trace.ts'

/** A signal: a string, and a number for viewers that do not show strings. */
interface Signal {
  /** As the file calls its scope and it: letters and digits, each once. */
  readonly scope: string
  readonly name: string
  readonly text: string
  readonly code: string
  readonly codes: Map<string, number>
  value: string
}

/** IEEE 1364-2005, 18.2; `$var string` is GTKWave's and GHDL's extension. One step is a microsecond. */
export const vcd: Exporter = {
  description: 'waveforms for GTKWave, Surfer and VaporView: VCD, save file, filters',
  write: (trace, out, base) => new VcdWriter(trace, out, base).write(),
}

class VcdWriter {
  private readonly trace: Trace
  private readonly out: (suffix: string, text: string) => void
  private readonly base: string
  /** By actor and region, or by band. */
  private readonly signals = new Map<string, Signal>()
  private readonly scopes = new Names()
  private readonly names = new Map<string, Names>()
  private readonly bandCodes = new Map<string, number>()
  private lines: string[] = []

  constructor(trace: Trace, out: (suffix: string, text: string) => void, base: string) {
    this.trace = trace
    this.out = out
    this.base = base
  }

  write(): void {
    const bands = this.declare()
    this.header()
    const changes = bands.flatMap(({ name, segments }) => segments.map((segment) => ({ name, ...segment })))
    changes.sort((a, b) => a.from - b.from)
    let change = 0
    let last = 0
    for (const { event, index, time } of placed(this.trace.events())) {
      this.lines.push(`#${time}`)
      last = time
      this.set(event.actor, 'message', event.message?.type ?? 'start')
      for (const [region, value] of regionsOf(event.state)) this.set(event.actor, region, value)
      for (; changes[change]?.from === index; change++) {
        const { name, state } = changes[change] as (typeof changes)[number]
        this.set('bands', name, state || 'none')
      }
      this.flush(20_000)
    }
    this.lines.push(`#${last + 1000}`)
    this.flush(0)
    this.saveFile()
    this.filters()
  }

  /** VCD declares everything before the first change: which signals and bands there are is found in a reading of its own. */
  private declare(): ReturnType<Bands['all']> {
    const bands = new Bands()
    for (const reaction of placed(this.trace.events())) {
      const { actor, state } = reaction.event
      if (!this.signals.has(`${actor} message`)) this.signal(actor, 'message')
      for (const [region] of regionsOf(state)) {
        if (!this.signals.has(`${actor} ${region}`)) this.signal(actor, region)
      }
      bands.add(reaction)
    }
    const all = bands.all()
    for (const { name } of all) this.signal('bands', name)
    return all
  }

  private signal(scope: string, name: string): void {
    const number = 2 * this.signals.size
    // Bands are many and their states few: they share their codes, and so one filter.
    const codes = scope === 'bands' ? this.bandCodes : new Map<string, number>()
    const inScope = this.names.get(scope) ?? new Names()
    this.names.set(scope, inScope)
    this.signals.set(`${scope} ${name}`, {
      scope: this.scopes.of(scope),
      name: inScope.of(name),
      text: idOf(number),
      code: idOf(number + 1),
      codes,
      value: '',
    })
  }

  private header(): void {
    const { scenario, token } = this.trace.header
    this.lines.push('$version dmarace $end', `$comment ${word(scenario)} ${word(token)} $end`, '$timescale 1 ns $end')
    const scopes = new Map<string, Signal[]>()
    for (const signal of this.signals.values()) {
      const known = scopes.get(signal.scope)
      if (known) known.push(signal)
      else scopes.set(signal.scope, [signal])
    }
    for (const [scope, signals] of scopes) {
      this.lines.push(`$scope module ${scope} $end`)
      for (const { name, text, code } of signals) {
        this.lines.push(`$var string 1 ${text} ${name} $end`)
        this.lines.push(`$var integer 32 ${code} ${name}_code $end`)
      }
      this.lines.push('$upscope $end')
    }
    this.lines.push('$enddefinitions $end')
  }

  private set(scope: string, name: string, value: string): void {
    const signal = this.signals.get(`${scope} ${name}`) as Signal
    if (signal.value === value) return
    signal.value = value
    let code = signal.codes.get(value)
    if (code === undefined) {
      code = signal.codes.size
      signal.codes.set(value, code)
    }
    this.lines.push(`s${word(value)} ${signal.text}`, `b${code.toString(2)} ${signal.code}`)
  }

  private flush(least: number): void {
    if (this.lines.length <= least) return
    this.out('.vcd', `${this.lines.join('\n')}\n`)
    this.lines = []
  }

  private saveFile(): void {
    const lines = ['[*] dmarace', `[dumpfile] "${this.base}.vcd"`, '[timestart] 0', '*-10 0', '[sst_expanded] 1']
    let scope = ''
    for (const signal of this.signals.values()) {
      if (signal.scope !== scope) lines.push('@200', `-${signal.scope}`)
      scope = signal.scope
      lines.push('@20', `${signal.scope}.${signal.name}`)
    }
    this.out('.gtkw', `${lines.join('\n')}\n`)
  }

  /** GTKWave's translate filters, a file for each region and one for bands: a code, then what to show for it. */
  private filters(): void {
    for (const { scope, name, codes } of this.signals.values()) {
      if (codes !== this.bandCodes) this.filter(`${scope}.${name}`, codes)
    }
    if (this.bandCodes.size > 0) this.filter('bands', this.bandCodes)
  }

  private filter(name: string, codes: ReadonlyMap<string, number>): void {
    const lines = [...codes].map(([value, code]) => `${code.toString(16).padStart(8, '0')} ${word(value)}`)
    this.out(`.filters/${name}`, `${lines.join('\n')}\n`)
  }
}

/** Printable ASCII, shortest first. */
function idOf(number: number): string {
  let id = ''
  for (let rest = number; ; rest = Math.floor(rest / 94) - 1) {
    id = String.fromCharCode(33 + (rest % 94)) + id
    if (rest < 94) return id
  }
}

/** A value is one word of ASCII; what would end it or a section, and what converters escape, is replaced. */
function word(value: string): string {
  return value.replaceAll(/[^!-~]|["'`\\]|^\$/g, '_') || '_'
}
