/** Unit | the README: its snippets are files that run, and what it says can be typed can be typed. */

import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { readNamedSources } from '../../src/cli/sources.ts'
import type { Violation } from '../../src/oracle/oracle.ts'
import { resolveOptions } from '../../src/run/options.ts'
import { Run } from '../../src/run/run.ts'
import { parseToken } from '../../src/run/token.ts'
import { scenarios } from '../../src/scenario/index.ts'
import { dmarace } from '../support/fake-terminal.ts'
import { verdicts } from '../support/readme/own-scenario.ts'
import { interrupts, result, walked } from '../support/readme/subscribe.ts'

const root = new URL('../../', import.meta.url)
const readme = await readFile(new URL('README.md', root), 'utf8')

/** A snippet file as the README shows it: without its header, importing the package by name. */
async function snippet(name: string): Promise<string> {
  const text = await readFile(new URL(`test/support/readme/${name}`, root), 'utf8')
  return text.replace(/^.*\n\n/, '').replace("'../../../src/index.ts'", "'dmarace'")
}

describe('snippets', () => {
  test.each(['own-scenario.ts', 'subscribe.ts'])('%s is in the README as it is run', async (name) => {
    expect(readme).toContain(`\`\`\`ts\n${await snippet(name)}\`\`\``)
  })

  test('the scenario is clean with its sync and violated without', () => {
    expect(verdicts[0]).toMatch(/^late-store: clean/)
    expect(verdicts[1]).toMatch(/^late-store-unpublished: violated .*fimc0 read/)
  })

  test('subscribers see walks and interrupts, the injected one too', () => {
    expect(walked.length).toBeGreaterThan(0)
    // The line is level-triggered: until it is lowered again, the core may take it more than once.
    expect(interrupts.length).toBeGreaterThan(result.statistics.framesCaptured)
    expect(result.verdict).toBe('clean')
  })
})

describe('the counterexample', () => {
  test('comes out of its token, but for the numbers', async () => {
    const [, scenario, told, token, file] =
      /violated: scenario (\S+), step \d+\n {2}(.*(?:\n {4}.*)*)\n[\s\S]*? replay (\S+) --input (\S+)/.exec(
        readme,
      ) as unknown as readonly string[]
    const options = resolveOptions(parseToken(token as string).request)
    expect(options.scenario.id).toBe(scenario)
    const { pictures } = await readNamedSources([fileURLToPath(new URL(file as string, root))], options)
    const seen: Violation[] = []
    const run = new Run(options, { runtime: 'sim', pictures, onViolation: (violation) => seen.push(violation) })
    while (seen.length === 0 && run.advance(10_000) === undefined);
    const shape = (text = '') => text.replace(/0x[\da-f_]+|\d+/g, '#')
    expect(shape(seen[0]?.message.split('; likely')[0])).toBe(shape(told?.replace(/\n +/g, ' ')))
  })
})

describe('commands', () => {
  test('name only what exists', async () => {
    const commands = [...readme.matchAll(/npx dmarace ([a-z]+)(?: ([a-z][\w-]+))?/g)]
    expect(commands.length).toBeGreaterThan(4)
    for (const [, command, argument] of commands) {
      expect((await dmarace([command as string, '--help'])).code, command).toBe(0)
      if (command === 'run' && argument !== undefined) expect(Object.keys(scenarios)).toContain(argument)
    }
  })

  test('link only to files that exist', async () => {
    const links = [...readme.matchAll(/\]\((?!http)([^)#]+)\)/g)].map(([, path]) => path as string)
    expect(links.length).toBeGreaterThan(4)
    for (const path of links) {
      const isFolder = path.endsWith('/')
      await expect(readFile(new URL(isFolder ? `${path}README.md` : path, root)), path).resolves.toBeDefined()
    }
  })
})
