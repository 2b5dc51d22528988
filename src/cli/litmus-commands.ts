/** Cli | the commands on litmus texts and their options. */

import type { Command } from 'commander'
import { schemes } from '../litmus/diy/schemes.ts'
import type { DiyFlags } from './diy.ts'
import type { FmtFlags } from './fmt.ts'
import type { LitmusNewFlags } from './litmus.ts'
import type { Terminal } from './terminal.ts'

export function addLitmusCommands(program: Command, terminal: Terminal, done: (exitCode: number) => void): void {
  program
    .command('fmt')
    .summary('put litmus texts into their canonical layout')
    .description(
      'Puts litmus texts into their canonical layout, in place, and names the files that it changed. Comments and line breaks stay; CR LF becomes LF, and a byte order mark goes. Of a directory, every .litmus file in it.',
    )
    .argument('[file...]', 'files or directories')
    .option('--check', 'change nothing; exit code 1 if something would change')
    .option('--stdin', 'read standard input and write to standard output')
    .action(async (files: string[], flags: FmtFlags) => {
      const { fmtCommand } = await import('./fmt.ts')
      done(await fmtCommand(files, flags, terminal))
    })
  program
    .command('litmus')
    .summary('begin a litmus test of your own')
    .command('new')
    .summary('a first text, to be changed')
    .description(
      'Writes a litmus test to begin with: one buffer, one device, a broken variant and a correct one. Without options it asks.',
    )
    .argument('<name>', 'in kebab-case')
    .option('--device <name>', 'the device (default: D)')
    .option('--iommu <kind>', 'what is in front of it: none, sysmmu, iommu (default: none)')
    .option('--cores <n>', 'how many cores (default: 1)')
    .option(
      '--direction <name>',
      'to-device, from-device, bidirectional, or as the kernel writes them (default: from-device)',
    )
    .option('--out <file>', 'a new file; otherwise to the terminal')
    .action(async (name: string, flags: LitmusNewFlags) => {
      const { litmusNewCommand } = await import('./litmus.ts')
      done(await litmusNewCommand(name, flags, terminal))
    })
  program
    .command('diy')
    .summary('make litmus tests from cycles of edges')
    .description(
      'Makes a litmus test from a cycle of edges, such as DMBdWW Rfe DMBdRR Fre: who reads from whom, and what stands between the accesses of each. What is expected of it comes from the architecture and from exhaustive searches. docs/litmus-diy.md explains the edges.',
    )
    .argument('[edge...]', 'the cycle')
    .option('--list', 'print what a cycle may be written with')
    .option('--scheme <name>', `a whole family of cycles instead: ${Object.keys(schemes).join(', ')}`)
    .option('--out <dir>', 'a folder for the tests, one file each; otherwise to the terminal')
    .action(async (edges: string[], flags: DiyFlags) => {
      const { diyCommand } = await import('./diy.ts')
      done(await diyCommand(edges, flags, program.version() ?? '', terminal))
    })
}
