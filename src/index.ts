/** Src | the public API: one hand-written list of everything a user of the package may import. */

// The hardware.
export * from '../machines/cache-controller/index.ts'
export { type CpuConfig, defaultCpuConfig, defineCpu } from '../machines/cpu/machine.ts'
export type { Condition, CorePrograms, Instruction, Operand } from '../machines/cpu/micro-op.ts'
export type { DeviceInstruction, DeviceReaction } from '../machines/dma-device/instruction.ts'
export {
  type DmaDeviceConfig,
  defaultDmaDeviceConfig,
  defineDmaDevice,
} from '../machines/dma-device/machine.ts'
export { type DramConfig, defaultDramConfig, defineDram } from '../machines/dram/machine.ts'
export { defaultFeatures, type FeatureName, type Features, features } from '../machines/features.ts'
export { type FormatName, formatNames } from '../machines/fimc/formats.ts'
export { defaultFimcConfig, defineFimc, type FimcConfig } from '../machines/fimc/machine.ts'
export { board, type Geometry, geometries, interruptLines, litmus, memoryMap } from '../machines/geometry.ts'
export { defaultGicConfig, defineGic, type GicConfig } from '../machines/gic/machine.ts'
export { type MachineName, machines } from '../machines/index.ts'
export {
  buildLitmusPlatform,
  type LitmusDevice,
  type LitmusPlatformConfig,
  type LitmusSupply,
  type LitmusUnit,
} from '../machines/litmus-platform.ts'
export {
  defaultMemoryBusConfig,
  defineMemoryBus,
  type MemoryBusConfig,
} from '../machines/memory-bus/machine.ts'
export { defaultOsConfig, defineOs, type OsConfig } from '../machines/os/machine.ts'
export { buildPlatform, type PlatformConfig } from '../machines/platform.ts'
export type * from '../machines/protocol.ts'
export { defaultSensorConfig, defineSensor, type SensorConfig } from '../machines/sensor/machine.ts'
export { defaultSysmmuConfig, defineSysmmu, type SysmmuConfig } from '../machines/sysmmu/machine.ts'
// Bytes and errors.
export { Bytes } from './base/bytes.ts'
export { DefinitionError, InternalError, InterruptedError, LimitError, UsageError } from './base/errors.ts'
// The DMA API and the programs written against it.
export { type Allocation, DmaApi, type Mapping, type SyncRange } from './dma/api.ts'
export { Assembler, type AssemblerOptions, type Register } from './dma/assembler.ts'
export { dmarace, editions } from './dma/index.ts'
export { maintainL1, maintainL2 } from './dma/maintenance.ts'
export * from './dma/operands.ts'
export type { BackendName, Direction, DmaAttribute, DmaSteps, Edition } from './dma/types.ts'
// Systems to check, and what must hold of them.
export * from './explore/define-system.ts'
export { type StrategyName, strategies } from './explore/index.ts'
export type { Observer, Parts, ReportViolation } from './explore/observer.ts'
export { type ReductionName, reductions, type SearchProgress } from './explore/strategy.ts'
// Pictures of charts and systems; traces in other forms.
export { type ChartNotationName, chartNotations } from './export/chart/index.ts'
export type { ThemeName } from './export/picture/theme.ts'
export type { Exporter } from './export/trace/exporter.ts'
export { type ExportName, exporters } from './export/trace/index.ts'
export { readTrace, type Trace, traceOf } from './export/trace/trace.ts'
// Systems, simulations and their streams.
export type { ActionOut, ActorDefinition, Message, Out, Reactor, RuntimeName, Spontaneous } from './kernel/actor.ts'
export type { ChannelOrder, ChannelSpec } from './kernel/channel.ts'
export type { Outline, OutlineNode, OutlineTransition } from './kernel/outline.ts'
export { RandomScheduler } from './kernel/random.ts'
export { ReplayScheduler } from './kernel/replay.ts'
export { Schedule } from './kernel/schedule.ts'
export type { Progress, Scheduler } from './kernel/scheduler.ts'
export {
  type DeliveredMessage,
  type Injection,
  type RunBounds,
  type RunEnd,
  Simulation,
  type SimulationOptions,
  type Watcher,
} from './kernel/simulation.ts'
export type { Choice, Reaction } from './kernel/step.ts'
export type { Observable } from './kernel/streams.ts'
export type { SystemSpec } from './kernel/system.ts'
export { type MayPolicy, type TimedOptions, TimedScheduler } from './kernel/timed.ts'
export {
  type TraceEnd,
  type TraceEvent,
  type TraceHeader,
  type TraceViolation,
  TraceWriter,
  toTraceEvent,
  traceVersion,
} from './kernel/trace.ts'
// Litmus tests: read, written, and checked against what they expect.
export type { LitmusTest } from './litmus/form.ts'
export { formatLitmus } from './litmus/format.ts'
export { parseLitmus } from './litmus/parse.ts'
export { printLitmus } from './litmus/print.ts'
// Oracles.
export { type OracleName, oracleNames, oracles } from './oracle/index.ts'
export { type Oracle, type OracleConfig, oracleConfig, type StepInfo, type Violation } from './oracle/oracle.ts'
export { createOracleSet, type OracleSet, type OracleSetOptions } from './oracle/oracle-set.ts'
// Checks: every interleaving of a system or a scenario.
export { type CheckOptions, check, type ShownRun, type Verdict, type VerdictName } from './run/check.ts'
export { jsonOfVerdict, reportVerdict } from './run/check-report.ts'
// Runs, their results and tokens.
export { type DrawOptions, drawChart, drawSystem } from './run/draw.ts'
export { FrameWatcher, type SeenFrame } from './run/frames.ts'
export { casesOf, checkCase, type LitmusCase, type LitmusOutcome } from './run/litmus-check.ts'
export { type PolicyName, policies, type RunOptions, type RunRequest, resolveOptions, runtimes } from './run/options.ts'
export { damagePicture, type Picture, pictureFormats, pictureOfFrame, yuyvOfPicture } from './run/picture.ts'
export { type PlayedRun, reportRun } from './run/report.ts'
export { buildSystem, Run, type RunHooks, type RunResult, type RunVerdict, runScenario } from './run/run.ts'
export { type CheckRequest, subjectOfScenario } from './run/scenario-subject.ts'
export { Counter, type Statistics } from './run/statistics.ts'
export { type Subject, subjectOfSystem } from './run/subject.ts'
export { parseToken, printToken, type Replay, tokenOf, tokenVersion } from './run/token.ts'
// Scenarios, and the driver code that the shipped ones share.
export {
  type BuiltScenario,
  type CoreCode,
  defineScenario,
  type ProgramContext,
  type ScenarioDefinition,
  type TwinDefinition,
  twinOf,
} from './scenario/build.ts'
export {
  allocatedBuffer,
  type CaptureBuffer,
  captureCode,
  captureDefaults,
  captureLists,
  userPagesBuffer,
} from './scenario/capture-code.ts'
export {
  beginConversions,
  type ConversionBuffer,
  type ConversionBuffers,
  configureConversion,
  conversionBytes,
  conversionDefaults,
  convert,
  type DeviceBuffer,
  markDone,
  markQueued,
  readPicture,
  ringDoorbell,
  type StreamingBuffer,
  setAddresses,
  stopConversion,
  storePicture,
  streamingBuffer,
  streamingBuffers,
  waitForConversion,
} from './scenario/conversion-code.ts'
export { type ScenarioId, scenarios } from './scenario/index.ts'
export type { Defaults, Parameters, Scenario } from './scenario/scenario.ts'
// Machines of your own: a plain XState chart with mutator actions, ports and spontaneous choices.
export {
  type ActionDefinition,
  defineMachine,
  type GuardDefinition,
  ignore,
  type MachineConfig,
  MachineDefinition,
  type SpontaneousConfig,
  type StateConfig,
  stall,
  type TransitionConfig,
  type Transitions,
} from './statechart/define.ts'
export { type FromXStateOptions, fromXState, XStateDefinition } from './statechart/from-xstate.ts'
export { outlineOf } from './statechart/outline.ts'
