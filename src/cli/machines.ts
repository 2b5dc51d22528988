/** Cli | `dmarace machines`: what each machine is made of, from its definition. */

import { readFileSync } from 'node:fs'
import { type MachineName, machines } from '../../machines/index.ts'
import { root } from '../base/program.ts'
import type { MachineDefinition } from '../statechart/define.ts'
import { exitCodes, type Terminal } from './terminal.ts'

interface Row {
  readonly machine: string
  readonly states: number
  /** Transitions that do something, and those that ignore a message or leave it where it is. */
  readonly transitions: number
  readonly ignoredOrStalled: number
  readonly actions: number
  readonly guards: number
  /** Its name and its lines of source. */
  readonly longestAction: string
}

const columns = {
  machine: 'machine',
  states: 'states',
  transitions: 'transitions',
  ignoredOrStalled: 'ignored or stalled',
  guards: 'guards',
  actions: 'actions',
  longestAction: 'longest action, lines',
} as const satisfies Record<keyof Row, string>

export function machinesCommand(
  flags: { readonly markdown?: boolean; readonly json?: boolean },
  terminal: Terminal,
): number {
  const longest = longestActions()
  const rows = (Object.keys(machines) as MachineName[]).map((name) => rowOf(name, machines[name], longest))
  if (flags.json) terminal.out(`${JSON.stringify(rows, undefined, 2)}\n`)
  else terminal.out(`${(flags.markdown ? markdown(rows) : text(rows)).join('\n')}\n`)
  return exitCodes.clean
}

function rowOf(name: string, { compiled, config }: MachineDefinition, longest: ReadonlyMap<string, string>): Row {
  const { nodes, transitions } = compiled.chart
  const acting = transitions.filter(({ ignore, stall }) => ignore === undefined && stall === undefined)
  return {
    machine: name,
    // The root is the machine itself.
    states: nodes.length - 1,
    transitions: acting.length,
    ignoredOrStalled: transitions.length - acting.length,
    guards: Object.keys(config.guards ?? {}).length,
    actions: Object.keys(config.actions ?? {}).length,
    longestAction: longest.get(name) ?? '',
  }
}

/** Lines of source are not in a definition; the generated table has them, counted from the syntax trees. */
function longestActions(): Map<string, string> {
  const table = readFileSync(new URL('docs/machines/README.md', root), 'utf8')
  const rows = table.matchAll(/^\| \[([^\]]+)\].*\| ([^|]*) \|$/gm)
  return new Map([...rows].map((row) => [row[1] as string, row[2] as string]))
}

function cellsOf(row: Row): string[] {
  return (Object.keys(columns) as (keyof Row)[]).map((key) => String(row[key]))
}

function text(rows: readonly Row[]): string[] {
  const lines = [Object.values(columns), ...rows.map(cellsOf)]
  const widths = Object.values(columns).map((_, column) =>
    Math.max(...lines.map((line) => (line[column] ?? '').length)),
  )
  return lines.map((line) =>
    line
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  '),
  )
}

function markdown(rows: readonly Row[]): string[] {
  const rule = Object.keys(columns).map((_, column) => (column === 0 ? '---' : '---:'))
  return [Object.values(columns), rule, ...rows.map(cellsOf)].map((line) => `| ${line.join(' | ')} |`)
}
