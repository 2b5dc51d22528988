/** Oracle | api: the DMA layer keeps its own contract: methods exist, errors look like errors, locks are given back. */

import type { CpuMark } from '../../machines/protocol.ts'
import { hex } from '../base/bits.ts'
import { type DebugClassName, debugClassNames } from './dma-debug/classes.ts'
import { callerOf, type Finding } from './dma-debug/findings.ts'
import { numberArg } from './history-buffers.ts'
import { callDepth, isInCall, isSegment } from './history-calls.ts'
import type { Oracle, OracleConfig, StepInfo, View } from './oracle.ts'

/** One of the two programs of a core: its locks, and what is known of the outermost call under way. */
export interface ProgramState {
  /** A call is under way. */
  open: boolean
  /** Locks that it holds, in the order of taking them. */
  locks: string[]
  /** Those it held when the call began. */
  before: string[]
  /** Why the os refused a look-up of this call, or what the layer reported; empty: nothing. */
  refused: string
  /** A page of the buffer was named. */
  paged: boolean
  /** The call was reported already, so that its consequences are not. */
  told: boolean
  /** Classes that the edition's own hooks found, and those that are true. */
  hooked: DebugClassName[]
  found: DebugClassName[]
}

export interface ApiState {
  /** By core. */
  readonly cores: readonly { masked: boolean; handling: boolean; thread: number; programs: number }[]
  /** Main program of core 0, its handler, its threads, main program of core 1, … */
  readonly programs: readonly ProgramState[]
}

/** Calls inside each other that are no recursion without end: a wrapper, its method, and a method that this one uses. */
export const callDepthMax = 4 // HF-358

/** The value of a mapping that failed. HF-300 */
const failed = 0xffffffff

function programsOf(config: OracleConfig, core: number): number {
  return usualPrograms + (config.threads?.[core] ?? 0)
}

function blank(): ProgramState {
  return { open: false, locks: [], before: [], refused: '', paged: false, told: false, hooked: [], found: [] }
}

/** Programs of a core before its threads: main and the handler. */
const usualPrograms = 2

function programOf(state: ApiState, { core, program, thread = 0 }: Pick<CpuMark, 'core' | 'program' | 'thread'>) {
  const first = state.cores.slice(0, core).reduce((sum, { programs }) => sum + programs, 0)
  const at = thread > 0 ? usualPrograms + thread - 1 : Number(program === 'interrupt')
  return state.programs[first + at] as ProgramState
}

/** What a core executes at present. */
function presentProgram(state: ApiState, core: number): ProgramState {
  const { handling = false, thread = 0 } = state.cores[core] ?? {}
  return programOf(state, { core, program: handling ? 'interrupt' : 'main', ...(handling ? {} : { thread }) })
}

/** What a mark says with the program it is in, put together once. */
interface Call {
  readonly state: ApiState
  readonly self: ProgramState
  readonly event: CpuMark
  readonly where: StepInfo
  readonly view: View
  /** Calls around this one, itself included where it goes on. */
  readonly depth: number
  readonly say: (message: string) => void
}

function begin(call: Call): void {
  const { self, event, depth, say } = call
  if (depth === 1) {
    self.open = true
    self.before = [...self.locks]
    forgetCall(self)
    checkContext(call)
  }
  if (depth === callDepthMax + 1) {
    say(
      `${opOf(event)} by ${callerOf(event)} is call number ${depth} inside another at step ${call.where.step}, expected ${callDepthMax} at most; likely wrapper and method call each other`,
    )
  }
}

function forgetCall(self: ProgramState): void {
  self.refused = ''
  self.paged = false
  self.told = false
  self.hooked = []
  self.found = []
}

function opOf(event: CpuMark): string {
  return `${event.args.op} for ${event.args.device}`
}

function checkContext({ state, event, where, say }: Call): void {
  const { context } = event.args
  if (context !== 'may-sleep' && context !== 'irqs-enabled') return
  const core = state.cores[event.core]
  if (core === undefined || !(core.masked || core.handling)) return
  const there = core.handling ? 'in an interrupt handler' : 'with interrupts off'
  const [expected, likely] =
    context === 'may-sleep'
      ? ['a place where a thread may sleep', 'memory has to come from the atomic pool here']
      : ['interrupts to be enabled', 'it has to be left to a thread']
  say(`${callerOf(event)} called ${opOf(event)} ${there} at step ${where.step}, expected ${expected}; likely ${likely}`)
}

/** A result that the caller cannot tell from success, or the other way round. */
function checkResult({ self, event, where, say }: Call): void {
  const { op, kind, handle, va, result } = event.args
  const isError = (handle as number) >>> 0 === failed
  const place = `returned to ${callerOf(event)} at step ${where.step}`
  if (op === 'mapping-error' && result !== undefined && Number(result) !== Number(isError)) {
    say(
      `mapping_error of ${hex(numberArg(event, 'handle'))} ${place} ${result}, expected ${Number(isError)}; likely it knows another error value`,
    )
  }
  if ((op !== 'map' && op !== 'alloc') || isError || numberArg(event, 'bytes') === 0) return
  const likely = 'a failure path returns another value than the error value'
  if (op === 'alloc' && va !== undefined && numberArg(event, 'va') === 0) {
    say(
      `alloc ${place} no memory and handle ${hex(numberArg(event, 'handle'))}, expected ${hex(failed)}; likely ${likely}`,
    )
  } else if (!self.paged && kind !== 'resource') {
    say(
      `${op} ${place} handle ${hex(numberArg(event, 'handle'))} with nothing mapped behind it, expected ${hex(failed)}; likely ${likely}`,
    )
  }
}

/** The outermost call is over: what it must have given back, and what it must have noticed. */
function end(call: Call): void {
  const { self, event, where, say, view } = call
  const left = self.locks.filter((lock) => !self.before.includes(lock))
  if (left.length > 0) {
    say(
      `${opOf(event)} returned to ${callerOf(event)} at step ${where.step} with ${left.join(', ')} held, expected it to be given back; likely a failure path returns without unlocking`,
    )
  }
  if (self.refused !== '' && self.found.length === 0 && !self.told) {
    say(
      `${opOf(event)} by ${callerOf(event)} was refused by step ${where.step}: it ${self.refused}, expected a call that can be served; likely handle, size or device are wrong`,
    )
  }
  if (view.history.hooked.used) compareHooks(call)
  forgetCall(self)
  self.before = []
  self.open = false
}

/** Classes that the hooks of unmap and sync find; an edition that calls them by itself is held to these. */
const comparable: ReadonlySet<DebugClassName> = new Set(
  debugClassNames.filter((name) => name.startsWith('unmap-') || name.startsWith('sync-')),
)

function compareHooks({ self, event, where, say }: Call): void {
  const wrong = self.hooked.find((name) => comparable.has(name) && !self.found.includes(name))
  const missed = self.found.find((name) => comparable.has(name) && !self.hooked.includes(name))
  const at = `at ${opOf(event)} by ${callerOf(event)}, step ${where.step}`
  if (wrong !== undefined) {
    say(
      `dma-debug was told of ${wrong} ${at}, expected no report of a right call; likely its hooks are called twice, or not with the caller's arguments`,
    )
  } else if (missed !== undefined) {
    say(
      `dma-debug was not told of ${missed} ${at}, expected a report; likely its hook is handed something else than the caller's arguments`,
    )
  }
}

function note(list: DebugClassName[], findings: readonly Finding[]): void {
  for (const { name } of findings) if (!list.includes(name)) list.push(name)
}

/** Look-ups that refuse what a driver asks for, not what the layer does. */
const lookups: ReadonlySet<string> = new Set(['mapping.find', 'mapping.take', 'misuse.report'])

export const api: Oracle<ApiState> = {
  name: 'api',
  always: 'the DMA layer keeps its own contract',
  description:
    'a missing method is called, a failure is returned as a success, calls go round in circles, a call returns with a lock, touches no memory, is made where it may not sleep, is refused, or dma-debug is told wrong things',
  definition:
    'a missing method is called; `map` or `alloc` returns a handle behind which nothing was mapped, or no memory and a handle, or `mapping_error` knows another value than ~0; more than 4 calls (HF-358) inside each other; the outermost call returns with a lock that its caller did not hold; a call that may sleep, or `free`, comes in a handler or with interrupts off; a core aborts inside a call, or maintains a line outside memory; the os is asked for what it does not have; a call is refused and no class of `dma-debug` says why; the hooks that an edition calls by itself find what is not so, or miss what is (classes of unmap and sync)',
  notJudged: 'missing methods that the kernel looks for and skips: what they leave out is judged by what follows',
  init: (config) => ({
    cores: Array.from({ length: config.cores }, (_, core) => ({
      masked: false,
      handling: false,
      thread: 0,
      programs: programsOf(config, core),
    })),
    programs: Array.from({ length: config.cores }, (_, core) => programsOf(config, core)).flatMap((count) =>
      Array.from({ length: count }, blank),
    ),
  }),
  on: {
    'cpu.mark'(state, event, violate, where, view) {
      const { name, core } = event
      const self = programOf(state, event)
      const say = (message: string): void => {
        self.told = true
        violate({ message })
      }
      const calls = view.history.calls[core]
      const depth = calls === undefined ? 0 : callDepth(calls, event)
      const call = { state, self, event, where, view, depth, say }
      if (name === 'dma.call' && !isSegment(event)) begin(call)
      note(self.found, view.findings)
      if (name === 'dma.call') return
      if (name === 'dma.page') self.paged = true
      else if (name === 'dma.hook') note(self.hooked, view.hookFindings)
      else if (name === 'dma.return') {
        checkResult(call)
        if (depth === 0 && self.open && !isSegment(event)) end(call)
      } else if (name === 'dma.missing' && event.args.effect === 'called') {
        say(
          `${callerOf(event)} called ${opOf(event)} at step ${where.step}, which is missing in its table, expected a method; likely the table was never completed: the kernel jumps to address 0`,
        )
      }
      if (depth === 0 && name !== 'dma.return') self.found.length = 0
    },
    'os.misuse'(state, event, violate, where, view) {
      const self = presentProgram(state, event.core)
      const isInside = isInCall(view.history, event.core)
      if (isInside && lookups.has(event.call)) {
        self.refused = event.why
        return
      }
      self.told = true
      violate({
        message: `cpu${event.core} used ${event.call} wrongly at step ${where.step}: ${event.why}, expected a call that the os can serve; likely ${isInside ? 'the DMA layer lost count of what it has' : 'the program did'}`,
      })
    },
    'cpu.abort'(_state, event, violate, where, view) {
      if (!isInCall(view.history, event.core)) return
      violate({
        message: `cpu${event.core} aborted at step ${where.step} inside a call of the DMA API on its access to ${hex(event.addr)}: ${event.why}, expected an access to memory; likely the layer worked out a wild address`,
        addr: event.addr,
      })
    },
    'cpu.maintain'(_state, event, violate, where, { config }) {
      const offset = event.addr - config.dram.base
      if (offset >= 0 && offset < config.dram.bytes) return
      violate({
        message: `cpu${event.core} maintained a line at ${hex(event.addr)} at step ${where.step}, expected an address in memory; likely the translation it went by was gone already`,
        addr: event.addr,
      })
    },
    'os.sync'(state, event) {
      if (!event.object.startsWith('lock:')) return
      const self = presentProgram(state, event.core)
      const at = self.locks.indexOf(event.object)
      if (event.edge === 'acquire') self.locks.push(event.object)
      else if (at >= 0) self.locks.splice(at, 1)
    },
    'cpu.mask'(state, event) {
      const core = state.cores[event.core]
      if (core !== undefined) core.masked = event.masked
    },
    'cpu.interrupt'(state, event) {
      const core = state.cores[event.core]
      if (core !== undefined) core.handling = event.phase === 'enter'
    },
    'cpu.switch'(state, event) {
      const core = state.cores[event.core]
      if (core !== undefined) core.thread = event.thread
    },
  },
}
