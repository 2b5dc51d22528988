/** Tests | tidy rules on imports: layers, one door per dependency, Node kept out of the core, files nobody reaches. */

import { builtinModules } from 'node:module'
import { isRelative, type Project, type Rule, resolve, type SourceFile } from './project.ts'

/** Folders (or single files) with their level; the longest match counts. A folder may import itself and lower levels. */
const levels: Readonly<Record<string, number>> = {
  'src/base': 0,
  'src/kernel': 1,
  'src/statechart': 2,
  'src/explore': 2,
  'src/export': 2,
  machines: 3,
  'src/dma': 4,
  'src/oracle': 5,
  'src/scenario': 6,
  'src/litmus': 6,
  'src/run': 7,
  workers: 9,
  'src/fleet': 8,
  'src/cli': 9,
  'src/web': 9,
  'src/index.ts': 9,
  bin: 10,
  scripts: 10,
  docs: 10,
  test: 11,
  'vitest.config.ts': 11,
}

/** The level's folder that `path` belongs to, or undefined. */
function homeOf(path: string): string | undefined {
  return Object.keys(levels)
    .filter((home) => path === home || path.startsWith(`${home}/`))
    .sort((a, b) => b.length - a.length)[0]
}

const layers: Rule = {
  name: 'layers: import from a lower level or your own folder only, types included',
  check: (project) =>
    project.sources.flatMap((file) => {
      const home = homeOf(file.path)
      if (home === undefined) return [`${file.path}: is in no known folder; give it a level`]
      return file.imports.flatMap(({ specifier, line, kind }) => {
        if (!isRelative(specifier) || kind === 'file') return []
        const target = resolve(file.path, specifier)
        const other = homeOf(target)
        if (other === undefined || other === home || (levels[other] as number) < (levels[home] as number)) return []
        return [`${file.path}:${line}: ${home} must not import ${target}`]
      })
    }),
  planted: [
    {
      files: { 'src/base/a.ts': "import type { X } from '../kernel/b.ts'" },
      finding: 'src/base/a.ts:1: src/base must not import src/kernel/b.ts',
    },
    {
      files: { 'src/explore/a.ts': "export * from '../statechart/b.ts'" },
      finding: 'src/explore must not import src/statechart/b.ts',
    },
    {
      files: { 'machines/cpu/a.ts': "const x = await import('../../src/dma/b.ts')" },
      finding: 'machines must not import src/dma/b.ts',
    },
    {
      files: { 'src/kernel/a.ts': "let x: import('../run/b.ts').Y" },
      finding: 'src/kernel must not import src/run/b.ts',
    },
    { files: { 'src/misc/a.ts': '' }, finding: 'src/misc/a.ts: is in no known folder' },
  ],
}

const resolvable: Rule = {
  name: 'imports: a relative import names an existing file with its extension',
  check: (project) => {
    const paths = pathsOf(project)
    return project.sources.flatMap((file) =>
      file.imports.flatMap(({ specifier, line }) => {
        if (!isRelative(specifier)) return []
        // Folders and files that are no source (a URL of a folder, a picture) are not read.
        const target = resolve(file.path, specifier)
        const isSource = specifier.endsWith('/') === false && /(^|\/)[^.]+(\.(ts|js))?$/.test(target)
        return isSource && !paths.has(target) ? [`${file.path}:${line}: ${specifier} names no file`] : []
      }),
    )
  },
  planted: [{ files: { 'src/base/a.ts': "import './b'" }, finding: 'src/base/a.ts:1: ./b names no file' }],
}

/** Dependency → where it may be imported. Tests may import any. */
const doors: Readonly<Record<string, readonly string[]>> = {
  xstate: ['src/statechart/'],
  rxjs: ['src/kernel/streams.ts', 'src/web/'],
  piscina: ['src/run/pool.ts'],
  elkjs: ['src/run/layout.ts'],
  chevrotain: ['src/litmus/'],
  esbuild: ['src/fleet/local-imports.ts', 'bin/build.js'],
  sharp: ['src/cli/image-files.ts'],
  'd3-scale': ['src/run/campaign/html.ts'],
  'd3-shape': ['src/run/campaign/html.ts'],
  commander: ['src/cli/'],
  tsx: ['bin/'],
  typescript: ['scripts/'],
}

const dependencies: Rule = {
  name: 'doors: each dependency is imported in one place',
  check: (project) =>
    project.sources.flatMap((file) => {
      if (isTest(file)) return []
      return file.imports.flatMap(({ specifier, line }) => {
        if (isRelative(specifier) || isNode(specifier)) return []
        const name = packageOf(specifier)
        if (
          (doors[name] ?? []).some((door) => file.path === door || (door.endsWith('/') && file.path.startsWith(door)))
        ) {
          return []
        }
        const where = doors[name]?.join(' and ') ?? 'nowhere: it is not a dependency with a decision record'
        return [`${file.path}:${line}: ${name} may be imported in ${where}`]
      })
    }),
  planted: [
    {
      files: { 'machines/cpu/a.ts': "import { setup } from 'xstate'" },
      finding: 'xstate may be imported in src/statechart/',
    },
    { files: { 'src/kernel/step.ts': "import { map } from 'rxjs/operators'" }, finding: 'rxjs may be imported in' },
    {
      files: { 'src/run/a.ts': "import sharp from 'sharp'" },
      finding: 'sharp may be imported in src/cli/image-files.ts',
    },
    { files: { 'src/run/a.ts': "import _ from 'lodash'" }, finding: 'lodash may be imported in nowhere' },
  ],
}

const nodeDoors = [
  'src/run/pool.ts',
  'workers/',
  'src/fleet/',
  'src/cli/',
  'bin/',
  'scripts/',
  'docs/',
  'test/',
  'vitest.config.ts',
]

const node: Rule = {
  name: 'browser: the core imports nothing from Node and uses none of its globals',
  check: (project) =>
    project.sources.flatMap((file) => {
      if (nodeDoors.some((door) => file.path === door || file.path.startsWith(door))) return []
      const imports = file.imports
        .filter(({ specifier }) => isNode(specifier))
        .map(({ specifier, line }) => `${file.path}:${line}: imports ${specifier}, but the core runs in a browser`)
      const globals = file.lines.flatMap((text, index) => {
        const used = /(?<![.\w'"$])(process\.(?=[a-z])|Buffer\b(?=[.(])|__dirname|__filename|global\.)/.exec(
          codeOf(text),
        )
        return used ? [`${file.path}:${index + 1}: uses ${used[0]}, but the core runs in a browser`] : []
      })
      return [...imports, ...globals]
    }),
  planted: [
    { files: { 'src/kernel/a.ts': "import { readFileSync } from 'node:fs'" }, finding: 'imports node:fs' },
    { files: { 'src/kernel/a.ts': "import { join } from 'path'" }, finding: 'imports path' },
    { files: { 'machines/a.ts': 'const seed = process.env.SEED' }, finding: 'uses process.' },
    { files: { 'src/run/a.ts': 'Buffer.from([1])' }, finding: 'uses Buffer' },
  ],
}

/** A line without its comment. */
function codeOf(line: string): string {
  return /^\s*(\/\/|\/?\*)/.test(line) ? '' : line.replace(/\s\/\/.*$/, '')
}

const entries = [
  /^src\/index\.ts$/,
  /^bin\//,
  /^src\/cli\/(start|command-thread)\.ts$/,
  /^workers\//,
  /^scripts\//,
  /^docs\//,
  /^test\/.*\.test\.ts$/,
  /^test\/peers\//,
  /^vitest\.config\.ts$/,
]

const dead: Rule = {
  name: 'reach: every file is reached from the public API, the command, a worker, a script or a test',
  check: (project) => {
    const byPath = new Map(project.sources.map((file) => [file.path, file]))
    const reached = new Set<string>()
    const queue = project.sources.filter((file) => entries.some((entry) => entry.test(file.path)))
    for (let file = queue.pop(); file; file = queue.pop()) {
      if (reached.has(file.path)) continue
      reached.add(file.path)
      for (const { specifier } of file.imports) {
        const target = isRelative(specifier) ? byPath.get(resolve(file.path, specifier)) : undefined
        if (target) queue.push(target)
      }
    }
    return project.sources.filter(({ path }) => !reached.has(path)).map(({ path }) => `${path}: nothing reaches it`)
  },
  planted: [
    {
      files: { 'src/index.ts': "export * from './base/a.ts'", 'src/base/a.ts': '', 'src/base/b.ts': "import './a.ts'" },
      finding: 'src/base/b.ts: nothing reaches it',
    },
  ],
}

const isTest = (file: SourceFile) => file.path.startsWith('test/') || file.path === 'vitest.config.ts'
const isNode = (specifier: string) => specifier.startsWith('node:') || builtinModules.includes(specifier)
const pathsOf = (project: Project) =>
  new Set([...project.sources.map((file) => file.path), ...project.documents.keys()])

function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
}

export const importRules: readonly Rule[] = [layers, resolvable, dependencies, node, dead]
