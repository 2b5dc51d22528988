/** Tests | tidy: the house rules that no compiler checks, over every file; each rule must catch its planted violations. */

import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { callRules } from './tidy/calls.ts'
import { importRules } from './tidy/layers.ts'
import { projectOf, readProject, resolve } from './tidy/project.ts'
import { textRules } from './tidy/text.ts'

const rules = [...importRules, ...textRules, ...callRules]
const project = readProject(fileURLToPath(new URL('..', import.meta.url)))

describe('tidy', () => {
  // An import checker that silently read nothing has passed before; so the numbers of what was read are floors.
  it('read the project', () => {
    const count = (prefix: string) => project.sources.filter((file) => file.path.startsWith(prefix)).length
    expect(count('src/')).toBeGreaterThan(60)
    expect(count('machines/')).toBeGreaterThan(50)
    expect(count('test/')).toBeGreaterThan(60)
    expect(count('bin/')).toBeGreaterThan(0)
    const imports = project.sources.flatMap((file) => file.imports)
    expect(imports.length).toBeGreaterThan(project.sources.length * 2)
    expect(
      [...project.documents.keys()].filter((path) => path.startsWith('docs/hardware-facts.d/')).length,
    ).toBeGreaterThan(3)
  })

  it('resolves paths and finds every kind of import', () => {
    expect(resolve('src/a/b.ts', '../c/d.ts')).toBe('src/c/d.ts')
    const text = `
      import a from 'one'
      import type { B } from 'two'
      export * from 'three'
      export { c } from 'four'
      const d = import('five')
      let e: import('six').E
      const f = require('seven')
      new URL('./eight.ts', import.meta.url)
      import 'nine'
    `
    const [file] = projectOf({ 'src/a.ts': text }).sources
    const found = file?.imports.map(({ specifier }) => specifier)
    expect(found).toEqual(['one', 'two', 'three', 'four', 'five', 'six', 'seven', './eight.ts', 'nine'])
  })

  describe.each(rules.map((rule) => [rule.name, rule] as const))('%s', (_name, rule) => {
    it('holds', () => {
      const findings = rule.check(project)
      expect(findings, findings.join('\n')).toEqual([])
    })

    it('catches its planted violations', () => {
      expect(rule.planted.length).toBeGreaterThan(0)
      for (const { files, finding } of rule.planted) {
        expect(rule.check(projectOf(files)).join('\n')).toContain(finding)
      }
    })
  })
})
