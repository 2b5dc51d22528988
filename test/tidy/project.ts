/** Tests | the project as the tidy rules see it: parsed files, what each imports, and documents. */

import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'

/** One import, export-from, dynamic import or `new URL('…', import.meta.url)`. */
export interface Import {
  readonly specifier: string
  readonly line: number
  /** `file`: only its address is taken, as of a worker's entry or a picture; no code comes in. */
  readonly kind: 'code' | 'file'
}

export interface SourceFile {
  /** From the project's root, with slashes. */
  readonly path: string
  readonly text: string
  readonly lines: readonly string[]
  readonly tree: ts.SourceFile
  readonly imports: readonly Import[]
}

export interface Project {
  readonly sources: readonly SourceFile[]
  /** Other text files by path: documents, package.json. */
  readonly documents: ReadonlyMap<string, string>
}

/** A rule looks at the whole project and returns one sentence per finding, each starting with `path:line:` or `path:`. */
export interface Rule {
  readonly name: string
  readonly check: (project: Project) => string[]
  /** Small projects that break it, as path → text, and a part of the finding each must give. */
  readonly planted: readonly { readonly files: Readonly<Record<string, string>>; readonly finding: string }[]
}

const roots = ['src', 'machines', 'workers', 'bin', 'test', 'scripts', 'docs']
const rootFiles = ['vitest.config.ts', 'package.json']

/** Reads everything the rules look at. */
export function readProject(root: string): Project {
  const files: Record<string, string> = {}
  for (const path of roots.flatMap((folder) => listFiles(root, folder)).concat(rootFiles)) {
    if (/\.(ts|js|md|json)$/.test(path)) files[path] = readFileSync(join(root, path), 'utf8')
  }
  return projectOf(files)
}

/** A project from texts: `.ts` and `.js` files are parsed, the others are documents. */
export function projectOf(files: Readonly<Record<string, string>>): Project {
  const sources: SourceFile[] = []
  const documents = new Map<string, string>()
  for (const [path, text] of Object.entries(files)) {
    if (/\.(ts|js)$/.test(path)) sources.push(parse(path, text))
    else documents.set(path, text)
  }
  return { sources, documents }
}

function listFiles(root: string, folder: string): string[] {
  let names: string[]
  try {
    names = readdirSync(join(root, folder)).sort()
  } catch {
    return []
  }
  return names.flatMap((name) => {
    const path = `${folder}/${name}`
    if (statSync(join(root, path)).isDirectory()) return name === 'node_modules' ? [] : listFiles(root, path)
    return [path]
  })
}

function parse(path: string, text: string): SourceFile {
  const kind = path.endsWith('.js') ? ts.ScriptKind.JS : ts.ScriptKind.TS
  const tree = ts.createSourceFile(path, text, ts.ScriptTarget.ESNext, true, kind)
  return { path, text, lines: text.split('\n'), tree, imports: importsOf(tree) }
}

/** The line of a node, from 1. */
export function lineOf(tree: ts.SourceFile, node: ts.Node): number {
  return tree.getLineAndCharacterOfPosition(node.getStart(tree)).line + 1
}

/** Visits every node of a file. */
export function visit(file: SourceFile, see: (node: ts.Node) => void): void {
  const walk = (node: ts.Node): void => {
    see(node)
    ts.forEachChild(node, walk)
  }
  walk(file.tree)
}

function importsOf(tree: ts.SourceFile): Import[] {
  const found: Import[] = []
  const add = (node: ts.Node | undefined, kind: Import['kind'] = 'code'): void => {
    if (node && ts.isStringLiteralLike(node)) found.push({ specifier: node.text, line: lineOf(tree, node), kind })
  }
  const walk = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) add(node.moduleSpecifier)
    else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) add(node.argument.literal)
    else if (ts.isCallExpression(node)) {
      const isRequire = ts.isIdentifier(node.expression) && node.expression.text === 'require'
      if (node.expression.kind === ts.SyntaxKind.ImportKeyword || isRequire) add(node.arguments[0])
    } else if (
      ts.isNewExpression(node) &&
      node.expression.getText(tree) === 'URL' &&
      isHere(tree, node.arguments?.[1])
    ) {
      add(node.arguments?.[0], 'file')
    }
    ts.forEachChild(node, walk)
  }
  walk(tree)
  return found
}

function isHere(tree: ts.SourceFile, node: ts.Node | undefined): boolean {
  return node?.getText(tree) === 'import.meta.url'
}

/** The project path that a relative specifier means, seen from `path`. */
export function resolve(path: string, specifier: string): string {
  const parts = path.split('/').slice(0, -1)
  for (const part of specifier.split('/')) {
    if (part === '..') parts.pop()
    else if (part !== '.') parts.push(part)
  }
  return parts.join('/')
}

export const isRelative = (specifier: string) => specifier.startsWith('.')
