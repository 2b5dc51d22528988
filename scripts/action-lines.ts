/** Scripts | how many source lines each action of a machine has, read from the syntax trees of its files. */

import ts from 'typescript'

/** A value that was found under an action's name; `${…}` in the name matches anything. */
interface Entry {
  readonly name: RegExp
  readonly value: ts.Expression
}

/**
 * Action name → lines of its function. Found by name: `name: { run: … }`, `name: helper('…', …)` and
 * `` actions[`name.${port}`] = … ``. An action that only calls a function of the same machine has that one's lines.
 */
export function actionLines(
  names: readonly string[],
  files: readonly { readonly path: string; readonly text: string }[],
): Map<string, number> {
  const functions = new Map<string, number>()
  const entries: Entry[] = []
  for (const { path, text } of files) {
    const tree = ts.createSourceFile(path, text, ts.ScriptTarget.ESNext, true)
    const walk = (node: ts.Node): void => {
      collectFunction(node, functions)
      const entry = entryOf(node)
      if (entry) entries.push(entry)
      ts.forEachChild(node, walk)
    }
    walk(tree)
  }
  const lines = new Map<string, number>()
  for (const name of names) {
    const sizes = entries.filter((entry) => entry.name.test(name)).map((entry) => sizeOf(entry.value, functions))
    const most = Math.max(0, ...sizes)
    if (most > 0) lines.set(name, most)
  }
  return lines
}

function linesOf(node: ts.Node): number {
  const tree = node.getSourceFile()
  const line = (position: number) => tree.getLineAndCharacterOfPosition(position).line
  return line(node.getEnd()) - line(node.getStart(tree)) + 1
}

function collectFunction(node: ts.Node, functions: Map<string, number>): void {
  if (ts.isFunctionDeclaration(node) && node.name) functions.set(node.name.text, linesOf(node))
  else if (ts.isVariableDeclaration(node) && ts.isIdentifier(node.name) && node.initializer) {
    if (isFunction(node.initializer)) functions.set(node.name.text, linesOf(node.initializer))
  }
}

function entryOf(node: ts.Node): Entry | undefined {
  if (ts.isPropertyAssignment(node)) {
    const name = patternOf(ts.isComputedPropertyName(node.name) ? node.name.expression : node.name)
    return name && { name, value: unwrap(node.initializer) }
  }
  if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.EqualsToken) {
    if (!ts.isElementAccessExpression(node.left)) return undefined
    const name = patternOf(node.left.argumentExpression)
    return name && { name, value: unwrap(node.right) }
  }
  return undefined
}

function patternOf(name: ts.Node): RegExp | undefined {
  if (ts.isIdentifier(name) || ts.isStringLiteralLike(name)) return new RegExp(`^${escaped(name.text)}$`)
  if (!ts.isTemplateExpression(name)) return undefined
  const rest = name.templateSpans.map((span) => `.+${escaped(span.literal.text)}`)
  return new RegExp(`^${escaped(name.head.text)}${rest.join('')}$`)
}

const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')

function unwrap(node: ts.Expression): ts.Expression {
  if (ts.isSatisfiesExpression(node) || ts.isAsExpression(node) || ts.isParenthesizedExpression(node)) {
    return unwrap(node.expression)
  }
  return node
}

/** Lines of the function in an entry: the `run` of an object, else the longest function in it. 0: no function. */
function sizeOf(value: ts.Expression, functions: ReadonlyMap<string, number>): number {
  if (ts.isIdentifier(value)) return functions.get(value.text) ?? 0
  if (isFunction(value)) return Math.max(linesOf(value), calledLines(value as ts.ArrowFunction, functions))
  if (ts.isObjectLiteralExpression(value)) {
    const run = value.properties.find(
      (property) => property.name && ts.isIdentifier(property.name) && property.name.text === 'run',
    )
    if (run && ts.isPropertyAssignment(run)) return sizeOf(unwrap(run.initializer), functions)
    if (run && ts.isMethodDeclaration(run)) return linesOf(run)
    return longest(
      value.properties.flatMap((property) => (ts.isPropertyAssignment(property) ? [property.initializer] : [])),
      functions,
    )
  }
  if (!ts.isCallExpression(value)) return 0
  // `name: helper(…)` without a function among the arguments: the helper makes the action, so it counts whole.
  const made = ts.isIdentifier(value.expression) ? (functions.get(value.expression.text) ?? 0) : 0
  return longest(value.arguments, functions) || made
}

function longest(values: readonly ts.Expression[], functions: ReadonlyMap<string, number>): number {
  return Math.max(0, ...values.map((value) => sizeOf(unwrap(value), functions)))
}

/** Lines of the function that a one-expression arrow calls. */
function calledLines(arrow: ts.ArrowFunction, functions: ReadonlyMap<string, number>): number {
  const body = arrow.body
  if (!ts.isCallExpression(body) || !ts.isIdentifier(body.expression)) return 0
  return functions.get(body.expression.text) ?? 0
}

function isFunction(node: ts.Expression): boolean {
  return ts.isArrowFunction(node) || ts.isFunctionExpression(node)
}
