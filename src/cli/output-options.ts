/** Cli | the options of a run about what it prints and leaves behind. */

import type { Command } from 'commander'
import { exporters } from '../export/trace/index.ts'

/** Forms that a trace is exported in. */
export const exportFormats = Object.keys(exporters).join(', ')

/** The same for every command with one run. */
export function addOutputs(command: Command): Command {
  return command
    .option('--trace <file>', 'write every reaction as a line of JSON')
    .option('--export <formats>', `write the trace in other forms too: ${exportFormats}`)
    .option('--html <file>', 'write a page to step through it, with charts and a space-time diagram')
    .option('--full', 'of a run in single steps: every reaction, with its messages and states')
    .option('--json', 'print the result as JSON')
}
