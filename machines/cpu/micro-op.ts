/** Machines | the small instruction set that DMA operations and drivers are lowered to: programs are plain data. */

import type { Condition, Operand } from '../operand.ts'
import type { MaintenanceOp, MarkName, MemoryType } from '../protocol.ts'

export type { ArithmeticOp, Condition, Operand } from '../operand.ts'

/**
 * One instruction. Registers start at 0 and are shared by a core's programs. Virtual addresses (`va`) go through the core's
 * view of the kernel's mappings; `addr` is physical.
 * - `load`/`store`: one word. `load` puts it into `to`.
 * - `load-range`/`store-range`: every word of the range, a line at a time. `store-range` stores `value` in each word.
 *   `memory`: through an alias with these attributes, whatever the mapping of the address says.
 * - `load-exclusive`/`store-exclusive`: LDREX and STREX of one word. The store writes, and puts 0 into `to`, if the core's last
 *   load-exclusive was of this block and nobody else has written there since; else it puts 1. It is performed where it stands,
 *   before older stores to other lines that still wait. `clear-exclusive`: CLREX. A switch of threads and the end of a handler do it too.
 * - `maintain`: L1 by MVA, every line touched by the range; posted, a DSB waits for it. Zero bytes: nothing.
 * - `l2-maintain`: PL310 by PA, one register write per line touched; `l2-sync`: CACHE_SYNC.
 * - `prefetch`: PLD, each cacheable line touched by the range; nothing waits for the fill, and it never aborts.
 * - `evict`, `l2-evict`: each line touched by the range leaves this core's L1, or the PL310, as if replaced: dirty data
 *   go to the next level. Ordered and posted as `maintain` and `l2-maintain`; no real core has it, programs make it happen.
 * - `dmb`: earlier stores are performed before later accesses; `dsb`: also completes maintenance and register writes.
 * - `mmio-write`: Device store, buffered, in program order among Device stores; `mmio-read` waits for the value.
 * - `call`: rendezvous with `os`; results go into `to`. It waits while `os` stalls it (a held lock).
 * - `set`, `branch` (to a label, when the condition holds or always), `label`, `assert`, `mark` (a trace event).
 * - `wait-for-interrupt`: until an interrupt is pending, masked or not. `interrupts`: CPSIE/CPSID.
 *   In a handler both leave interrupts masked; `return` unmasks them.
 * - `return`: end of a handler. A program ends after its last instruction.
 *
 * An access to no memory, to part of a word (a register gave an odd address), or with an error response is reported
 * (`cpu.abort`) and the program goes on after the instruction, whose result keeps its old value. A range stops there.
 */
export type Instruction =
  | { readonly op: 'load'; readonly va: Operand; readonly to: string; readonly memory?: MemoryType }
  | { readonly op: 'store'; readonly va: Operand; readonly value: Operand; readonly memory?: MemoryType }
  | { readonly op: 'load-range'; readonly va: Operand; readonly bytes: Operand; readonly memory?: MemoryType }
  | {
      readonly op: 'store-range'
      readonly va: Operand
      readonly bytes: Operand
      readonly value: Operand
      readonly memory?: MemoryType
    }
  | { readonly op: 'load-exclusive'; readonly va: Operand; readonly to: string; readonly memory?: MemoryType }
  | {
      readonly op: 'store-exclusive'
      readonly va: Operand
      readonly value: Operand
      readonly to: string
      readonly memory?: MemoryType
    }
  | { readonly op: 'clear-exclusive' }
  | { readonly op: 'maintain'; readonly action: MaintenanceOp; readonly va: Operand; readonly bytes: Operand }
  | { readonly op: 'l2-maintain'; readonly action: MaintenanceOp; readonly addr: Operand; readonly bytes: Operand }
  | { readonly op: 'l2-sync' }
  | { readonly op: 'prefetch'; readonly va: Operand; readonly bytes: Operand }
  | { readonly op: 'evict'; readonly va: Operand; readonly bytes: Operand }
  | { readonly op: 'l2-evict'; readonly addr: Operand; readonly bytes: Operand }
  | { readonly op: 'dmb' }
  | { readonly op: 'dsb' }
  | { readonly op: 'isb' }
  | { readonly op: 'mmio-write'; readonly addr: Operand; readonly value: Operand }
  | { readonly op: 'mmio-read'; readonly addr: Operand; readonly to: string }
  | { readonly op: 'call'; readonly call: string; readonly args: readonly Operand[]; readonly to: readonly string[] }
  | { readonly op: 'set'; readonly to: string; readonly value: Operand }
  | { readonly op: 'label'; readonly name: string }
  | { readonly op: 'branch'; readonly to: string; readonly when?: Condition }
  | { readonly op: 'assert'; readonly that: Condition; readonly message: string }
  | {
      readonly op: 'mark'
      readonly name: MarkName
      readonly args: Readonly<Record<string, Operand | { text: string }>>
    }
  | { readonly op: 'wait-for-interrupt' }
  | { readonly op: 'interrupts'; readonly enabled: 'on' | 'off' }
  | { readonly op: 'return' }

/**
 * The programs of one core: what it runs from reset, with interrupts enabled, and the one entered at an interrupt, also
 * after the first has ended (empty: interrupts stay masked). `threads` take turns with main: between any two instructions or
 * lines, unless interrupts are off, the core may go on with another one.
 */
export interface CorePrograms {
  readonly main: readonly Instruction[]
  readonly interrupt: readonly Instruction[]
  readonly threads?: readonly ThreadProgram[]
}

/** Its registers are its own: others may have some of the same names. */
export interface ThreadProgram {
  readonly name: string
  readonly program: readonly Instruction[]
}
