/** Cli | V8's optimising compiler, told to wait a little longer: most of what a search runs is not worth compiling. */

import { setFlagsFromString } from 'node:v8'

/** Bytes of bytecode that a function runs before it is looked at: six times V8's own number. */
const interruptBudget = 400_000

/**
 * A search takes each of some hundred functions of charts, kernel and trees a few thousand times and then no more. To compile
 * them all took as long as half of what short searches took, on other threads; those of the few inner loops are compiled
 * soon enough either way. For this whole process.
 */
export function compileLater(): void {
  setFlagsFromString(`--interrupt-budget=${interruptBudget}`)
}
