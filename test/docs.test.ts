/** Tests | documents: generated ones are current, links lead somewhere, actions stay small. */

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'
import * as xstate from 'xstate'
import { machines } from '../machines/index.ts'
import { generateDocs, linesOf } from '../scripts/docs.ts'
import * as dmarace from '../src/index.ts'
import type { Message, Out } from '../src/kernel/actor.ts'
import { traceVersion } from '../src/kernel/trace.ts'
import * as define from '../src/statechart/define.ts'
import { message } from './support/fake-actor.ts'
import { exploreNaively } from './support/naive-explorer.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const documents = ['.', 'docs', 'docs/checking', 'docs/machines', 'docs/decisions', 'docs/hardware-facts.d'].flatMap(
  (folder) =>
    readdirSync(join(root, folder))
      .filter((name) => name.endsWith('.md'))
      .map((name) => normalize(join(folder, name))),
)

/** Fenced blocks of one language. */
function snippets(document: string, language: string): string[] {
  const text = readFileSync(join(root, document), 'utf8')
  return [...text.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, 'g'))].map(
    (match) => match[1] as string,
  )
}

/** What a snippet exports. */
function load(snippet: string, modules: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const compilerOptions = { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 }
  const { outputText } = ts.transpileModule(snippet, { compilerOptions })
  const module = { exports: {} }
  new Function('module', 'exports', 'require', outputText)(module, module.exports, (path: string) => {
    expect(Object.keys(modules)).toContain(path)
    return modules[path]
  })
  return module.exports
}

describe('documents', () => {
  it('generated ones are current: otherwise run `npm run docs`', async () => {
    const generated = await generateDocs(root)
    const stale = [...generated].filter(([path, text]) => {
      const file = join(root, path)
      return !existsSync(file) || readFileSync(file, 'utf8') !== text
    })
    expect(stale.map(([path]) => path)).toEqual([])
    const left = readdirSync(join(root, 'docs/machines')).map((name) => `docs/machines/${name}`)
    expect(left.filter((path) => !generated.has(path))).toEqual([])
  })

  it('links lead to files', () => {
    const broken = documents.flatMap((document) => {
      const text = readFileSync(join(root, document), 'utf8').replaceAll(/```[\s\S]*?```|`[^`\n]*`/g, '')
      return [...text.matchAll(/\]\(([^)\s#]+)[^)]*\)/g)]
        .map((match) => match[1] as string)
        .filter((target) => !/^[a-z]+:/.test(target))
        .filter((target) => !existsSync(join(root, dirname(document), target)))
        .map((target) => `${document}: ${target}`)
    })
    expect(documents.length).toBeGreaterThan(20)
    expect(broken).toEqual([])
  })

  it('decisions are numbered without gaps', () => {
    const numbers = readdirSync(join(root, 'docs/decisions')).map((name) =>
      Number(/^(\d{4})-[a-z0-9-]+\.md$/.exec(name)?.[1]),
    )
    expect(numbers.sort((a, b) => a - b)).toEqual(numbers.map((_, index) => index + 1))
  })
})

describe('snippets', () => {
  it('the machine of adding.md is well defined and does what it says', () => {
    const [snippet] = snippets('docs/adding.md', 'ts')
    const module = load(snippet as string, { '../../src/statechart/define.ts': define })
    const { defineDoorbell } = module as { defineDoorbell(config: { id: string }): define.MachineDefinition }
    const sent: Message[] = []
    const out: Out = { send: (_port, m) => sent.push(m), raise: () => {}, emit: () => {}, reply: () => {} }
    const bell = defineDoorbell({ id: 'bell' }).createReactor('sim', out)
    bell.start()
    expect([bell.decide(message('bell.answered')), bell.reason]).toEqual(['ignore', 'nobody rang'])
    expect(bell.decide(message('reg.write.req'))).toBe('react')
    bell.commit(message('reg.write.req'))
    expect(sent).toEqual([{ type: 'bell.rung' }])
    expect([bell.decide(message('reg.write.req')), bell.reason]).toEqual(['stall', 'one ring at a time'])
  })

  it('the system of adding.md holds, and does not without its refusals', () => {
    const [, snippet] = snippets('docs/adding.md', 'ts') as [string, string]
    const explore = (text: string) =>
      exploreNaively(load(text, { dmarace, xstate }).system as dmarace.CheckableSystem, { orbits: true })
    expect(explore(snippet)).toEqual({
      states: 3,
      transitions: 4,
      depth: 1,
      deadlocks: 0,
      ends: 0,
      found: {},
      unreached: [],
      orbits: { states: 2, transitions: 3 },
    })
    const lax = snippet.replace("take: stall('somebody has it')", "take: 'taken'")
    expect(explore(lax).found).toMatchObject({ 'one at a time': 2 })
  })

  it('the lines of reading-a-trace.md are JSON and use words of the protocol', () => {
    const lines = snippets('docs/reading-a-trace.md', 'json').map((line) => JSON.parse(line))
    expect(lines[0]).toMatchObject({ dmarace: 'trace', version: traceVersion })
    const files = ['machines/protocol.ts', 'machines/events.ts', 'machines/translation-events.ts']
    const protocol = files.map((file) => readFileSync(join(root, file), 'utf8')).join('')
    expect(lines[1]).toMatchObject({ dmarace: 'end', violations: [{ property: 'ownership' }] })
    const used = JSON.stringify(lines[2]).match(/(?<="type":")[^"]+/g) ?? []
    const asked =
      snippets('docs/reading-a-trace.md', 'sh')
        .join()
        .match(/(?<=type == ")[^"]+/g) ?? []
    expect(used.length + asked.length).toBeGreaterThan(4)
    for (const type of [...used, ...asked]) expect(protocol).toContain(`'${type}'`)
  })
})

/** Most lines of an action. A longer one hides work that is a function of its own. */
const actionLinesMax = 40

describe('actions', () => {
  it.each(Object.entries(machines))('of %s are found in the source and are short', (name, machine) => {
    const lines = linesOf(root, name, machine)
    expect([...lines.keys()].sort()).toEqual(Object.keys(machine.config.actions ?? {}).sort())
    expect([...lines].filter(([, count]) => count > actionLinesMax)).toEqual([])
  })
})
