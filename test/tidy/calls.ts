/** Tests | tidy rules on what code does: clocks and randomness, waiting, enums, module state, console, test focus. */

import ts from 'typescript'
import { lineOf, type Rule, type SourceFile, visit } from './project.ts'

const isCore = (file: SourceFile) =>
  /^(machines|src\/(base|kernel|statechart|explore|export|dma|oracle|scenario))\//.test(file.path)
const isProduct = (file: SourceFile) => !/^(test|scripts)\/|\.config\.ts$/.test(file.path)
const isTest = (file: SourceFile) => file.path.startsWith('test/')
const mayPrint = (file: SourceFile) => /^(src\/cli|bin|scripts)\//.test(file.path)

/** Finds nodes of a file. `find` gives a sentence, or undefined. */
function nodeRule(
  name: string,
  applies: (file: SourceFile) => boolean,
  find: (node: ts.Node, file: SourceFile) => string | undefined,
  planted: Readonly<Record<string, readonly [text: string, finding: string][]>>,
): Rule {
  return {
    name,
    check: (project) =>
      project.sources.filter(applies).flatMap((file) => {
        const findings: string[] = []
        visit(file, (node) => {
          const finding = find(node, file)
          if (finding) findings.push(`${file.path}:${lineOf(file.tree, node)}: ${finding}`)
        })
        return findings
      }),
    planted: Object.entries(planted).flatMap(([path, cases]) =>
      cases.map(([text, finding]) => ({ files: { [path]: text }, finding })),
    ),
  }
}

/** `a.b` of a property access or call target, else the identifier itself. */
function nameOf(node: ts.Node): string {
  if (ts.isIdentifier(node)) return node.text
  if (ts.isPropertyAccessExpression(node))
    return `${nameOf(node.expression).replace(/^globalThis\./, '')}.${node.name.text}`
  return ''
}

const timers = ['setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask', 'requestAnimationFrame']
const clocks = ['Date.now', 'performance.now', 'process.hrtime', 'process.hrtime.bigint', 'Date', ...timers]

const clock = nodeRule(
  'determinism: no clock and no timer below the run level',
  isCore,
  (node) => {
    if (ts.isNewExpression(node) && nameOf(node.expression) === 'Date' && !node.arguments?.length)
      return 'uses new Date'
    if (!ts.isCallExpression(node)) return undefined
    const name = nameOf(node.expression).replace(/^globalThis\./, '')
    return clocks.includes(name) ? `uses ${name}` : undefined
  },
  {
    'src/kernel/a.ts': [
      ['const t = Date.now()', 'src/kernel/a.ts:1: uses Date.now'],
      ['const t = new Date()', 'uses new Date'],
      ['globalThis.performance.now()', 'uses performance.now'],
    ],
    'machines/a.ts': [['setTimeout(() => {}, 1)', 'machines/a.ts:1: uses setTimeout']],
  },
)

/** Tests that plant clocks and randomness to see them caught. */
const plantsImpurity = (file: SourceFile) =>
  [
    'test/unit/kernel/traps.test.ts',
    'test/unit/statechart/purity.test.ts',
    'test/differential/machine-harness.test.ts',
  ].includes(file.path)

const randomness = nodeRule(
  'determinism: no unseeded randomness anywhere',
  (file) => !plantsImpurity(file),
  (node) => {
    if (!ts.isCallExpression(node)) return undefined
    const name = nameOf(node.expression).replace(/^globalThis\./, '')
    return ['Math.random', 'crypto.getRandomValues', 'crypto.randomUUID', 'randomUUID'].includes(name)
      ? `uses ${name}`
      : undefined
  },
  { 'test/a.test.ts': [['const x = Math.random()', 'test/a.test.ts:1: uses Math.random']] },
)

const sleeping = nodeRule(
  'tests: no sleeping',
  (file) => isTest(file) && !plantsImpurity(file),
  (node) =>
    ts.isCallExpression(node) && ['setTimeout', 'setInterval'].includes(nameOf(node.expression))
      ? `uses ${nameOf(node.expression)}`
      : undefined,
  { 'test/a.test.ts': [['await new Promise((done) => setTimeout(done, 5))', 'uses setTimeout']] },
)

const focus = nodeRule(
  'tests: none is skipped or runs alone',
  isTest,
  (node) =>
    ts.isPropertyAccessExpression(node) && /^(it|test|describe)\.(only|skip|todo|fails)$/.test(nameOf(node))
      ? `leaves ${nameOf(node)}`
      : undefined,
  {
    'test/a.test.ts': [
      ["it.only('x', () => {})", 'leaves it.only'],
      ["describe.skip('x', () => {})", 'leaves describe.skip'],
    ],
  },
)

const waiting = nodeRule(
  'determinism: nothing is asynchronous below the run level',
  isCore,
  (node) => {
    if (ts.isAwaitExpression(node)) return 'awaits'
    return node.kind === ts.SyntaxKind.AsyncKeyword ? 'is async' : undefined
  },
  {
    'src/kernel/a.ts': [
      ['export async function f() {}', 'is async'],
      ['await x', 'awaits'],
    ],
  },
)

const enums = nodeRule(
  'language: no enum, no namespace, no default export, no var',
  () => true,
  (node, file) => {
    if (ts.isEnumDeclaration(node)) return 'declares an enum'
    if (ts.isModuleDeclaration(node) && !(node.flags & ts.NodeFlags.GlobalAugmentation)) return 'declares a namespace'
    // The tools that load these files ask for the default export.
    const config = file.path.endsWith('.config.ts') || file.path.startsWith('workers/')
    if (ts.isExportAssignment(node) && !config) return 'exports by default: names are found by searching'
    const isVar = ts.isVariableDeclarationList(node) && !(node.flags & ts.NodeFlags.BlockScoped)
    return isVar ? 'uses var' : undefined
  },
  {
    'src/base/a.ts': [
      ['enum A { B }', 'declares an enum'],
      ['namespace N {}', 'declares a namespace'],
      ['export default 1', 'exports by default'],
      ['var x = 1', 'uses var'],
    ],
  },
)

/** Module variables that must exist, each with its reason. */
const moduleState: Readonly<Record<string, string>> = {
  'src/kernel/traps.ts': 'how deep runs are nested inside the traps, which are themselves global',
  'src/litmus/parser.ts': 'the parser of litmus texts, which is costly to make and the same for all of them',
}

const state = nodeRule(
  'state: no variable at module level',
  (file) => isProduct(file) && !(file.path in moduleState),
  (node, file) => {
    if (!ts.isVariableStatement(node) || node.parent !== file.tree) return undefined
    return node.declarationList.flags & ts.NodeFlags.Const ? undefined : 'keeps state in a module variable'
  },
  { 'src/base/a.ts': [['let count = 0', 'src/base/a.ts:1: keeps state in a module variable']] },
)

const printing = nodeRule(
  'output: only the command line prints',
  (file) => isProduct(file) && !mayPrint(file),
  (node) =>
    ts.isPropertyAccessExpression(node) && ts.isIdentifier(node.expression) && node.expression.text === 'console'
      ? `uses ${nameOf(node)}`
      : undefined,
  { 'src/run/a.ts': [["console.log('x')", 'src/run/a.ts:1: uses console.log']] },
)

const anyType = nodeRule(
  'types: any needs a biome-ignore with a reason on the line before',
  () => true,
  (node, file) => {
    if (node.kind !== ts.SyntaxKind.AnyKeyword) return undefined
    const line = lineOf(file.tree, node)
    const isExcused = [1, 2, 3].some((back) =>
      /biome-ignore.*noExplicitAny: \S/.test(file.lines[line - 1 - back] ?? ''),
    )
    return isExcused ? undefined : 'uses any'
  },
  { 'src/base/a.ts': [['let x: any', 'src/base/a.ts:1: uses any']] },
)

export const callRules: readonly Rule[] = [clock, randomness, sleeping, focus, waiting, enums, state, printing, anyType]
