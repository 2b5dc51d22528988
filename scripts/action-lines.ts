/** Scripts | how many source lines each action of a machine has, read from the syntax tree of its files. */

import ts from 'typescript'

/** Action name → lines of its `run`, a function named there looked up in the same files. */
export function actionLines(files: readonly { readonly path: string; readonly text: string }[]): Map<string, number> {
  const functions = new Map<string, number>()
  const runs = new Map<string, number | string>()
  for (const { path, text } of files) {
    const tree = ts.createSourceFile(path, text, ts.ScriptTarget.ESNext, true)
    const linesOf = (node: ts.Node) => {
      const line = (position: number) => tree.getLineAndCharacterOfPosition(position).line
      return line(node.getEnd()) - line(node.getStart(tree)) + 1
    }
    const walk = (node: ts.Node): void => {
      if (ts.isFunctionDeclaration(node) && node.name) functions.set(node.name.text, linesOf(node))
      if (ts.isVariableDeclaration(node) && ts.isIdentifier(node.name) && isFunction(node.initializer)) {
        functions.set(node.name.text, linesOf(node.initializer as ts.Node))
      }
      const name = ts.isPropertyAssignment(node) ? keyOf(node.name) : undefined
      const run = ts.isPropertyAssignment(node) ? runOf(node.initializer) : undefined
      if (name !== undefined && run) runs.set(name, typeof run === 'string' ? run : linesOf(run))
      ts.forEachChild(node, walk)
    }
    walk(tree)
  }
  const known = [...runs].map(([name, lines]) => [name, typeof lines === 'number' ? lines : functions.get(lines)])
  return new Map(known.filter((entry): entry is [string, number] => entry[1] !== undefined))
}

function keyOf(name: ts.PropertyName): string | undefined {
  return ts.isIdentifier(name) || ts.isStringLiteral(name) ? name.text : undefined
}

/** The `run` of an action's object: a function, or the name of one. */
function runOf(value: ts.Expression): ts.Node | string | undefined {
  if (!ts.isObjectLiteralExpression(value)) return undefined
  for (const property of value.properties) {
    if (!property.name || keyOf(property.name as ts.PropertyName) !== 'run') continue
    if (ts.isShorthandPropertyAssignment(property)) return 'run'
    if (ts.isMethodDeclaration(property)) return property
    if (!ts.isPropertyAssignment(property)) continue
    return ts.isIdentifier(property.initializer) ? property.initializer.text : property.initializer
  }
  return undefined
}

function isFunction(node: ts.Expression | undefined): boolean {
  return node !== undefined && (ts.isArrowFunction(node) || ts.isFunctionExpression(node))
}
