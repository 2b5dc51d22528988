/** Cli | the command line: commands and options, loaded when they are used, and errors turned into exit codes. */

import { fileURLToPath } from 'node:url'
import { Command, CommanderError } from 'commander'
import { unknownName } from '../base/errors.ts'
import { placeOf, placeText } from '../base/place.ts'
import { root } from '../base/program.ts'
import { strategies } from '../explore/index.ts'
import { sampledStrategies } from '../explore/sampler.ts'
import { reductions } from '../explore/strategy.ts'
import { exporters } from '../export/trace/index.ts'
import type { CheckFlags } from './check.ts'
import type { CompareFlags } from './compare.ts'
import type { DrawFlags } from './draw.ts'
import type { ExportFlags } from './export.ts'
import type { RunFlags } from './flags.ts'
import { addLitmusCommands } from './litmus-commands.ts'
import type { OpsFlags } from './ops.ts'
import type { ReplayFlags } from './replay.ts'
import { sourceStack } from './source-stack.ts'
import type { ReportFlags, StressFlags } from './stress.ts'
import { exitCodes, type Terminal } from './terminal.ts'

/** Keep in step with package.json; a test compares them. */
export const version = '0.1.0'

/** Benches besides the one without a name. */
const benchNames: readonly string[] = ['explore', 'draw', 'stress', 'ops']

/** Forms that a trace is exported in. */
const exportFormats = Object.keys(exporters).join(', ')

const exitCodeHelp = `
Exit codes: 0 clean or done, 1 violated, 2 wrong use, 3 a bound was reached first, 4 internal error, 130 interrupted, 143 terminated.`

/** Runs one command line; returns its exit code. Never throws, never exits. */
export async function main(args: readonly string[], terminal: Terminal): Promise<number> {
  let exitCode: number = exitCodes.clean
  const program = commands(terminal, (code) => {
    exitCode = code
  })
  try {
    if (args.length === 0) {
      terminal.err(program.helpInformation())
      return exitCodes.usage
    }
    await program.parseAsync([...args], { from: 'user' })
    return exitCode
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.clean : exitCodes.usage
    return failed(error, terminal)
  }
}

/** Errors of our own bring their exit code; anything else is a bug. */
function failed(error: unknown, terminal: Terminal): number {
  const { exitCode, message, stack } = error as { exitCode?: number; message?: string; stack?: string }
  if (exitCode !== undefined && exitCode !== exitCodes.internal) {
    terminal.err(`dmarace: ${message}\n`)
    return exitCode
  }
  const { cause } = error as { cause?: unknown }
  const place = placeOf(cause)
  // Of a machine, it may be the user's code that threw.
  if (place && !place.file.startsWith(fileURLToPath(root))) {
    terminal.err(`dmarace: ${message?.replace(/^internal: /, '')}${placeText(cause)}\n`)
    return exitCodes.usage
  }
  const text = sourceStack(stack ?? String(error))
  terminal.err(`dmarace: ${text.includes('internal:') ? '' : 'internal: '}${text}\nThis is a bug in dmarace.\n`)
  return exitCodes.internal
}

function commands(terminal: Terminal, done: (exitCode: number) => void): Command {
  const program = new Command('dmarace')
    .description(
      'A laboratory for the ARM DMA-mapping layer: races between CPU, caches, SYSMMU and camera DMA made visible.',
    )
    .version(version)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.out(text),
      writeErr: (text) => terminal.err(text),
      outputError: (text, write) =>
        write(
          `dmarace: ${text
            .replace(/^error: /, '')
            .trim()
            .replaceAll('\n', ' ')}\n`,
        ),
      getOutHelpWidth: () => 100,
      getErrHelpWidth: () => 100,
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
    .addHelpText('after', exitCodeHelp)
  addRun(program, terminal, done)
  addReplay(program, terminal, done)
  addSmallCommands(program, terminal, done)
  addLitmusCommands(program, terminal, done)
  return program
}

type Add = (program: Command, terminal: Terminal, done: (exitCode: number) => void) => void

const addRun: Add = (program, terminal, done) => {
  program
    .command('run')
    .summary('run a scenario once, in simulated time')
    .description(
      'Runs a scenario once, in simulated time, and judges it. Pictures are what the CPU saw. Of a litmus test, one of the orders that a search tries, drawn by the seed, step by step.',
    )
    .argument('<scenario>', 'what to run; `dmarace list` knows them; or a .litmus file')
    .option('--variant <name>', 'of a litmus test (default: its first)')
    .option('--input <file...>', "PNG or JPEG pictures for the camera, shown in turn (default: FIMC's colour bars)")
    .option('--out <dir>', 'where frame-N.png and frame-N.damage.png go', 'out')
    .option('--frames <count>', 'frames to capture, or conversions to make')
    .option('--size <WxH>', 'picture size in pixels, both even')
    .option('--format <name>', 'what FIMC writes: yuyv, nv12, rgb565 (raw on litmus)')
    .option('--features <list>', 'hardware features to switch: tlbPrefetch,-speculation')
    .option('--seed <number>', 'seed of all that is left to chance (default: 1)')
    .option('--runtime <name>', 'sim (compiled charts) or live (XState actors)', 'sim')
    .option('--geometry <name>', 'board (Exynos4210) or litmus (a few words and lines) (default: board)')
    .option(
      '--policy <name>',
      'evictions, speculation and the like: off, random, adversarial, mixed (default: random on board, mixed on litmus)',
    )
    .option('--edition <name>', 'whose DMA operations; `dmarace list editions` knows them (default: dmarace)')
    .option('--ops <file>', 'a TypeScript file with an edition of your own instead')
    .option('--threads <n>', 'let its machines live in so many threads; the result is the same (default: 1)')
    .option('--place <groups>', 'the same, saying which live together: "cpu0,l1d0|l2,bus,dram|sysmmu0,fimc0"')
    .option('--trace <file>', 'write every reaction as a line of JSON')
    .option('--export <formats>', `write the trace in other forms too: ${exportFormats}`)
    .option('--html <file>', 'write a page to step through it, with charts and a space-time diagram')
    .option('--json', 'print the result as JSON')
    .action(async (scenario: string, flags: RunFlags) => {
      const { runCommand } = await import('./run.ts')
      done(await runCommand(scenario, flags, terminal))
    })
}

const addReplay: Add = (program, terminal, done) => {
  program
    .command('replay')
    .summary('repeat the run that a token names')
    .description('Repeats the run that a token names, to the same trace, and prints the digest of that trace.')
    .argument('<token>', 'as a report prints it')
    .option('--input <file...>', 'the pictures that the token names')
    .option('--system <file>', 'the TypeScript or .litmus file with the system that the token names')
    .option('--ops <file>', 'the TypeScript file with the edition that the token names')
    .option('--out <dir>', 'where frame-N.png and frame-N.damage.png go', 'out')
    .option('--runtime <name>', 'sim (compiled charts) or live (XState actors)', 'sim')
    .option('--trace <file>', 'write every reaction as a line of JSON')
    .option('--export <formats>', `write the trace in other forms too: ${exportFormats}`)
    .option('--html <file>', 'write a page to step through it, with charts and a space-time diagram')
    .option('--json', 'print the result as JSON')
    .action(async (token: string, flags: ReplayFlags) => {
      const { replayCommand } = await import('./replay.ts')
      done(await replayCommand(token, flags, terminal))
    })
}

const addSmallCommands: Add = (program, terminal, done) => {
  program
    .command('list')
    .summary('list scenarios, oracles, features and what else has a name')
    .description('Lists everything that has a name.')
    .argument(
      '[kind]',
      'only these: scenarios, families, editions, machines, oracles, features, formats, geometries, policies, runtimes',
    )
    .option('--ops <file>', 'a TypeScript file with an edition of your own, listed with the others')
    .option('--json', 'print JSON')
    .action(async (kind: string | undefined, flags: { json?: boolean; ops?: string }) => {
      const { listCommand } = await import('./list.ts')
      done(await listCommand(kind, flags, terminal))
    })
  program
    .command('explain')
    .summary('what a name in a report, a test or a table means')
    .description(
      'Explains an oracle, a hardware feature, a class of bugs, a verdict, a word of litmus tests or a hardware fact (HF-nnn). Without a name it lists them.',
    )
    .argument('[name...]', 'fresh-load, speculation, B, not found, tlbsync, HF-164, …')
    .option('--json', 'print JSON')
    .action(async (words: string[], flags: { json?: boolean }) => {
      const { explainCommand } = await import('./explain.ts')
      done(await explainCommand(words, flags, terminal))
    })
  program
    .command('machines')
    .summary('table of the machines: states, transitions, actions')
    .description('Prints a table of the machines: states, transitions, actions, and lines of the longest action.')
    .option('--markdown', 'print a Markdown table')
    .option('--json', 'print JSON')
    .action(async (flags: { markdown?: boolean; json?: boolean }) => {
      const { machinesCommand } = await import('./machines.ts')
      done(machinesCommand(flags, terminal))
    })
  program
    .command('check')
    .summary('search every interleaving of scenarios, litmus tests or your own systems')
    .description(
      'Searches what can happen, in any order. Scenarios are checked on the litmus geometry, litmus tests against what they expect; a TypeScript file exports what defineSystem returns.',
    )
    .argument(
      '<what...>',
      'scenarios, .litmus files and directories of them, or TypeScript files with systems of your own (file.ts#id: one of them)',
    )
    .option('--strategy <name>', `how to search: ${Object.keys(strategies).join(', ')}`, 'bfs')
    .option('--reduce <list>', `leave out what does not matter: ${reductions.join(', ')}`)
    .option('--threads <n>', 'threads that share one search; of several litmus tests, each thread checks one', '1')
    .option('--features <list>', 'hardware features to switch on, or off with a leading "-" or "no-"')
    .option('--frames <n>', 'frames or conversions of a scenario; default: as few as its question needs')
    .option('--edition <name>', 'whose DMA operations; `dmarace list editions` knows them (default: dmarace)')
    .option('--ops <file>', 'a TypeScript file with an edition of your own instead')
    .option('--properties <list>', 'decide only these properties of a system')
    .option('--max-states <n>', 'stop after this many states')
    .option('--max-memory <MB>', 'stop when states take this much memory', '8192')
    .option('--time <seconds>', 'stop after this time; the result does not repeat then')
    .option('--seed <n>', 'for strategies that draw', '1')
    .option('--runs <n>', 'for strategies that draw: how many runs')
    .option('--max-steps <n>', 'the longest run; for dfs: how deep it goes')
    .option('--bug-depth <n>', 'pct: how many orderings have to come about')
    .option('--preemptions <n>', 'preemption: most switches away from what could go on')
    .option('--fairness <kind>', 'for leadsTo: weak, strong or none', 'weak')
    .option('--coverage', 'tell what the charts never did')
    .option('--first', 'stop at the first violated property instead of finding one run for each')
    .option('--trace <file>', 'write the reactions of the first counterexample as JSON lines')
    .option('--export <formats>', `write the trace in other forms too: ${exportFormats}`)
    .option('--html <file>', 'write a page to step through it, with charts and a space-time diagram')
    .option('--junit <file>', 'write what came of each case as JUnit XML')
    .option('--watch', 'check again what changes, until Ctrl-C')
    .option('--json', 'print JSON')
    .action(async (what: string[], flags: CheckFlags) => {
      const { checkCommand } = await import('./check.ts')
      done(await checkCommand(what, flags, terminal))
    })
  program
    .command('draw')
    .summary('a picture of a statechart, or of the blocks of a scenario')
    .description(
      'Draws the statechart of a machine, or of any XState v5 machine that a TypeScript file exports; of a scenario, a litmus test or a system, its blocks and their wires.',
    )
    .argument('<what>', 'a machine (`dmarace list machines`), a scenario, a .litmus or TypeScript file, or file.ts#id')
    .option('--variant <name>', 'of a litmus test (default: its first)')
    .option('--format <name>', 'svg, scxml, mermaid, plantuml, smcat or json', 'svg')
    .option('--actor <name>', 'of a scenario, a system or a file with several machines: the one whose chart is meant')
    .option('--active <states>', 'states to show as active: port.ready,evictor.empty')
    .option('--heat <file>', 'colour by what a search came to, as `check --coverage --json` prints it')
    .option('--theme <name>', 'light or dark', 'light')
    .option('--out <file>', 'where it goes; otherwise to the terminal')
    .action(async (what: string, flags: DrawFlags) => {
      const { drawCommand } = await import('./draw.ts')
      done(await drawCommand(what, flags, terminal))
    })
  program
    .command('export')
    .summary('a trace in a form that other programs read')
    .description('Writes a trace, or the run that a token names, in forms that other programs read.')
    .argument('<what>', 'a trace that --trace wrote, or a token')
    .requiredOption('--format <formats>', exportFormats)
    .option('--out <file>', 'the file; otherwise beside the trace, or trace.* here')
    .option('--input <file...>', 'the pictures that the token names')
    .option('--system <file>', 'the TypeScript or .litmus file with the system that the token names')
    .option('--ops <file>', 'the TypeScript file with the edition that the token names')
    .action(async (what: string, flags: ExportFlags) => {
      const { exportCommand } = await import('./export.ts')
      done(await exportCommand(what, flags, terminal))
    })
  program
    .command('compare')
    .summary('check scenarios against every edition of the DMA operations')
    .description(
      'Checks scenarios with each edition and prints a table: verdict, shortest counterexample, states. Exit code 0 if everything is as expected.',
    )
    .argument('[scenario...]', 'which; default: all in which editions are compared')
    .option('--editions <list>', 'only these; `dmarace list editions` knows them')
    .option('--ops <file>', 'a TypeScript file with an edition of your own, as one more column')
    .option('--threads <n>', 'checks at the same time, or `auto`', 'auto')
    .option('--markdown', 'print a Markdown table')
    .option('--json', 'print JSON')
    .action(async (scenarios: string[], flags: CompareFlags) => {
      const { compareCommand } = await import('./compare.ts')
      done(await compareCommand(scenarios, flags, terminal))
    })
  program
    .command('ops')
    .summary('print the steps that a call of the DMA API expands to')
    .description(
      'Makes one call on a machine of its own and prints every step in order: maintenance, barriers, table words, registers.',
    )
    .argument('<op>', 'map_page, unmap_page, alloc, …; an unknown name lists them')
    .option('--backend <name>', 'linear, linear-coherent, iommu, iommu-coherent, dmabounce', 'iommu')
    .option('--edition <name>', 'whose DMA operations; `dmarace list editions` knows them (default: dmarace)')
    .option('--ops <file>', 'a TypeScript file with an edition of your own instead')
    .option('--direction <name>', 'to-device, from-device, bidirectional, or as the kernel writes them', 'to-device')
    .option('--attrs <list>', 'attributes: skip-cpu-sync,write-combine')
    .option('--bytes <n>', 'size of the buffer (default: a page)')
    .option('--offset <n>', 'where the buffer begins in its page (default: 0)')
    .option('--geometry <name>', 'board or litmus', 'board')
    .option('--cold', 'nothing was mapped before: level-2 tables are still to be made')
    .option('--json', 'print JSON')
    .action(async (op: string, flags: OpsFlags) => {
      const { opsCommand } = await import('./ops.ts')
      done(await opsCommand(op, flags, terminal))
    })
  program
    .command('stress')
    .summary('run scenarios or your own systems very often, on all cores')
    .description(
      'Draws runs of the same things again and again on several threads, and writes down what they came to. On the litmus geometry, in litmus tests and in systems of your own, runs are walks through the states; on the board they are whole timed runs, a seed each.',
    )
    .argument(
      '[what...]',
      'scenarios, .litmus files and directories of them, or TypeScript files with systems of your own (file.ts#id: one of them)',
    )
    .option('--runs <n>', 'runs of each')
    .option('--time <seconds>', 'stop after this time')
    .option('--strategy <name>', `how walks are drawn: ${sampledStrategies.join(', ')}`, 'random')
    .option('--seed <n>', 'what everything is drawn from', '1')
    .option('--threads <n>', 'threads, or "auto": one for each core', 'auto')
    .option('--geometry <name>', 'litmus or board', 'litmus')
    .option('--frames <n>', 'frames or conversions of a scenario')
    .option('--size <WxH>', 'board: picture size')
    .option('--format <name>', 'board: picture format')
    .option('--features <list>', 'hardware features to switch on, or off with a leading "-" or "no-"')
    .option('--edition <name>', 'whose DMA operations; `dmarace list editions` knows them (default: dmarace)')
    .option('--ops <file>', 'a TypeScript file with an edition of your own instead')
    .option('--max-steps <n>', 'the longest walk', '1000')
    .option('--bug-depth <n>', 'pct: how many orderings have to come about', '3')
    .option(
      '--search-states <n>',
      'search so many states first, to know which share of them runs see; 0: none',
      '200000',
    )
    .option('--shard-time <seconds>', 'a shard that takes longer fails', '600')
    .option('--shard-memory <MB>', "a thread's heap", '4096')
    .option('--out <dir>', 'where the journal goes; default: out/stress- and the digest of the plan')
    .option('--resume <dir>', 'go on with a campaign that was interrupted')
    .option('--html <file>', 'write the report as a page, too')
    .option('--json', 'print JSON')
    .action(async (what: string[], flags: StressFlags) => {
      const { stressCommand } = await import('./stress.ts')
      done(await stressCommand(what, flags, terminal))
    })
  program
    .command('report')
    .summary('what a campaign came to, from its journal')
    .argument('<dir>', 'the directory of the journal')
    .option('--html <file>', 'write it as a page, too')
    .option('--rates', 'page: how fast each thread was, which is never the same twice')
    .option('--json', 'print JSON')
    .action(async (directory: string, flags: ReportFlags) => {
      const { reportCommand } = await import('./stress.ts')
      done(await reportCommand(directory, flags, terminal))
    })
  program
    .command('demo')
    .summary('capture a picture correctly, then through a broken twin (npm start)')
    .description(
      'Captures a picture correctly through the SYSMMU, then with one sync left out, and shows the difference.',
    )
    .option('--out <dir>', 'where the pictures go', 'out/demo')
    .action(async (flags: { out: string }) => {
      const { demoCommand } = await import('./demo.ts')
      done(await demoCommand(flags, terminal))
    })
  program
    .command('bench')
    .summary('measure live and sim, or the search (npm run bench)')
    .description(
      'Measures XState, compiled charts, and a 640x480 NV12 capture in the live and sim runtimes; with "explore", searches of exact models, beside SPIN and rumur where they are installed; with "draw", pictures and exports; with "stress", walks a second and threads; with "ops", a scatter list of a megabyte and random DMA calls.',
    )
    .argument('[what]', `what else to measure: ${benchNames.join(', ')}`)
    .option('--json', 'print JSON')
    .option('--part <name>', 'measure one part only, in this process; an unknown name lists them')
    .action(async (what: string | undefined, flags: { json?: boolean; part?: string }) => {
      if (what === undefined) {
        const { benchCommand } = await import('./bench.ts')
        return done(await benchCommand(flags, terminal))
      }
      if (!benchNames.includes(what)) throw unknownName('bench', what, benchNames)
      if (what === 'draw') {
        const { benchDraw } = await import('./bench-draw.ts')
        return done(await benchDraw(flags, terminal))
      }
      if (what === 'stress') {
        const { benchStress } = await import('./bench-stress.ts')
        return done(await benchStress(flags, terminal))
      }
      if (what === 'ops') {
        const { benchOps } = await import('./bench-ops.ts')
        return done(await benchOps(flags, terminal))
      }
      const { benchExplore } = await import('./bench-explore.ts')
      done(await benchExplore(flags, terminal))
    })
}
