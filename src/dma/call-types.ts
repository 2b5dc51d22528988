/** DMA | the types of calls to the operating system, derived from the documented arguments and results. */

import type { Operand } from '../../machines/cpu/micro-op.ts'
import type { OsCallType, osCalls } from '../../machines/os/calls.ts'
import type { Register } from './program.ts'

/** A tuple as long as `Names`. */
type Each<Names extends readonly string[], Value> = { readonly [Index in keyof Names]: Value }
/** Result registers of a call, one for each documented result. */
export type Results<Call extends OsCallType> = Each<(typeof osCalls)[Call]['results'], Register>
/** Arguments of a call, one for each documented argument. */
export type Arguments<Call extends OsCallType> = Each<(typeof osCalls)[Call]['args'], Operand>
