/** Scripts | the JSON Schema of litmus tests, made from the types of the internal form. */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'

type Schema = Readonly<Record<string, unknown>>
type Properties = Readonly<Record<string, { readonly schema: Schema; readonly isRequired: boolean }>>

const formFile = 'src/litmus/form.ts'
const platformFile = 'src/litmus/form-platform.ts'
/** The type of a whole test. */
const rootType = 'LitmusTest'
/** Characters of a line that the formatter keeps together. */
const lineWidth = 120

/** The text of docs/litmus.schema.json. */
export function litmusSchema(root: string): string {
  const text = [formFile, platformFile].map((file) => readFileSync(join(root, file), 'utf8')).join('\n')
  const source = ts.createSourceFile(formFile, text, ts.ScriptTarget.Latest, true)
  const types = new TypeReader(source)
  const schema = {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'dmarace litmus test',
    description: 'The internal form of a litmus test: what a text is parsed to.',
    $ref: `#/$defs/${rootType}`,
    $defs: types.definitions(),
  }
  return `${print(schema, 0, 0)}\n`
}

/** Reads as much of TypeScript as the form uses; anything else is an error. */
class TypeReader {
  private readonly source: ts.SourceFile
  private readonly constants = new Map<string, readonly string[]>()
  private readonly declarations = new Map<string, ts.InterfaceDeclaration | ts.TypeAliasDeclaration>()

  constructor(source: ts.SourceFile) {
    this.source = source
    for (const statement of source.statements) {
      if (ts.isInterfaceDeclaration(statement) || ts.isTypeAliasDeclaration(statement)) {
        this.declarations.set(statement.name.text, statement)
      } else if (ts.isVariableStatement(statement)) {
        for (const { name, initializer } of statement.declarationList.declarations) {
          this.constants.set(name.getText(source), stringsOf(initializer))
        }
      }
    }
  }

  definitions(): Schema {
    const names = [...this.declarations].filter(([, declaration]) => isExported(declaration)).map(([name]) => name)
    return Object.fromEntries(names.map((name) => [name, this.definition(name)]))
  }

  private definition(name: string): Schema {
    const declaration = this.declarations.get(name) as ts.InterfaceDeclaration | ts.TypeAliasDeclaration
    const schema = ts.isInterfaceDeclaration(declaration)
      ? objectOf(this.propertiesOf(declaration))
      : this.schemaOf(declaration.type)
    return { ...describe(declaration), ...schema }
  }

  private propertiesOf(node: ts.InterfaceDeclaration | ts.TypeLiteralNode): Properties {
    const inherited = ts.isInterfaceDeclaration(node)
      ? (node.heritageClauses ?? []).flatMap(({ types }) => types.map((type) => type.expression.getText(this.source)))
      : []
    const own = node.members.map((member) => {
      if (!ts.isPropertySignature(member) || !member.type) throw this.unknown(member)
      const schema = { ...describe(member), ...this.schemaOf(member.type) }
      return [member.name.getText(this.source), { schema, isRequired: member.questionToken === undefined }] as const
    })
    return Object.assign({}, ...inherited.map((name) => this.propertiesOfNamed(name)), Object.fromEntries(own))
  }

  private propertiesOfNamed(name: string): Properties {
    const declaration = this.declarations.get(name)
    if (!declaration || !ts.isInterfaceDeclaration(declaration))
      throw new Error(`${name} is no interface of ${formFile}`)
    return this.propertiesOf(declaration)
  }

  private schemaOf(type: ts.TypeNode): Schema {
    if (ts.isParenthesizedTypeNode(type)) return this.schemaOf(type.type)
    if (ts.isTypeOperatorNode(type)) return this.schemaOf(type.type)
    if (ts.isArrayTypeNode(type)) return { type: 'array', items: this.schemaOf(type.elementType) }
    if (ts.isTypeLiteralNode(type)) return objectOf(this.propertiesOf(type))
    if (ts.isUnionTypeNode(type)) return this.unionOf(type.types)
    if (ts.isIntersectionTypeNode(type)) return this.intersectionOf(type)
    if (ts.isTypeReferenceNode(type)) return { $ref: `#/$defs/${type.typeName.getText(this.source)}` }
    if (ts.isIndexedAccessTypeNode(type)) return { enum: this.constantOf(type) }
    if (ts.isLiteralTypeNode(type)) {
      if (ts.isStringLiteral(type.literal)) return { const: type.literal.text }
      if (type.literal.kind === ts.SyntaxKind.TrueKeyword) return { const: true }
    }
    if (type.kind === ts.SyntaxKind.StringKeyword) return { type: 'string' }
    if (type.kind === ts.SyntaxKind.BooleanKeyword) return { type: 'boolean' }
    if (type.kind === ts.SyntaxKind.NumberKeyword) return { type: 'integer', minimum: 0 }
    throw this.unknown(type)
  }

  /** Literals become one enum. */
  private unionOf(types: readonly ts.TypeNode[]): Schema {
    const schemas = types.map((type) => ({ ...describe(type), ...this.schemaOf(type) }))
    if (schemas.every((schema) => 'const' in schema)) return { enum: schemas.map((schema) => schema.const) }
    return { anyOf: schemas }
  }

  /** `Placed & (A | B)`: each alternative has the properties of the interface, too. */
  private intersectionOf({ types }: ts.IntersectionTypeNode): Schema {
    const [first, second, ...more] = types
    if (!first || !second || more.length > 0 || !ts.isTypeReferenceNode(first))
      throw this.unknown(types[0] as ts.TypeNode)
    const common = this.propertiesOfNamed(first.typeName.getText(this.source))
    const inner = ts.isParenthesizedTypeNode(second) ? second.type : second
    const alternatives = ts.isUnionTypeNode(inner) ? inner.types : [inner]
    const schemas = alternatives.map((type) => {
      if (!ts.isTypeLiteralNode(type)) throw this.unknown(type)
      return { ...describe(type), ...objectOf({ ...this.propertiesOf(type), ...common }) }
    })
    return { anyOf: schemas }
  }

  /** `(typeof names)[number]` */
  private constantOf(type: ts.IndexedAccessTypeNode): readonly string[] {
    const object = ts.isParenthesizedTypeNode(type.objectType) ? type.objectType.type : type.objectType
    const name = ts.isTypeQueryNode(object) ? object.exprName.getText(this.source) : ''
    const found = this.constants.get(name)
    if (!found) throw this.unknown(type)
    return found
  }

  private unknown(node: ts.Node): Error {
    return new Error(`${formFile}: the schema does not know ${ts.SyntaxKind[node.kind]}: ${node.getText(this.source)}`)
  }
}

function isExported(node: ts.InterfaceDeclaration | ts.TypeAliasDeclaration): boolean {
  return node.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) ?? false
}

/** The strings of `['a', 'b'] as const`. */
function stringsOf(node: ts.Expression | undefined): readonly string[] {
  const array = node && ts.isAsExpression(node) ? node.expression : node
  if (!array || !ts.isArrayLiteralExpression(array)) return []
  return array.elements.flatMap((element) => (ts.isStringLiteral(element) ? [element.text] : []))
}

/** The comment in front of a node. */
function describe(node: ts.Node): Schema {
  const text = node.getSourceFile().text
  const ranges = ts.getLeadingCommentRanges(text, node.getFullStart()) ?? []
  const last = ranges.findLast(({ pos }) => text.startsWith('/**', pos))
  if (!last) return {}
  const words = text
    .slice(last.pos + 3, last.end - 2)
    .split('\n')
    .map((each) => each.trim().replace(/^\*\s?/, ''))
  return { description: words.join(' ').trim() }
}

function objectOf(properties: Properties): Schema {
  const entries = Object.entries(properties)
  return {
    type: 'object',
    required: entries.filter(([, { isRequired }]) => isRequired).map(([name]) => name),
    additionalProperties: false,
    properties: Object.fromEntries(entries.map(([name, { schema }]) => [name, schema])),
  }
}

/** As the project's formatter prints JSON: what fits on a line stands on one. `taken`: characters before it on its line. */
function print(value: unknown, indent: number, taken: number): string {
  const flat = printFlat(value)
  // A comma may follow.
  if (taken + flat.length < lineWidth) return flat
  const inner = ' '.repeat(indent + 2)
  if (Array.isArray(value)) {
    const items = value.map((item) => inner + print(item, indent + 2, indent + 2))
    return `[\n${items.join(',\n')}\n${' '.repeat(indent)}]`
  }
  if (typeof value !== 'object' || value === null) return flat
  const entries = Object.entries(value).map(([key, item]) => {
    const name = `${JSON.stringify(key)}: `
    return inner + name + print(item, indent + 2, indent + 2 + name.length)
  })
  return `{\n${entries.join(',\n')}\n${' '.repeat(indent)}}`
}

function printFlat(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(printFlat).join(', ')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const entries = Object.entries(value).map(([key, item]) => `${JSON.stringify(key)}: ${printFlat(item)}`)
  return entries.length > 0 ? `{ ${entries.join(', ')} }` : '{}'
}
