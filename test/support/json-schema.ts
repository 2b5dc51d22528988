/** Tests | as much of JSON Schema as the published schemas use; a keyword that is not known here fails. */

export type Schema = Readonly<Record<string, unknown>>

const silent = new Set(['$schema', '$defs', 'title', 'description'])

/** What is wrong with `value`, one line each; nothing if it fits. */
export function faultsOf(root: Schema, value: unknown, schema: Schema = root, path = '$'): string[] {
  return Object.entries(schema).flatMap(([keyword, wanted]) => {
    if (silent.has(keyword)) return []
    const check = keywords[keyword]
    if (!check) throw new Error(`the keyword ${keyword} is not known`)
    return check({ root, schema, value, path }, wanted)
  })
}

interface Place {
  readonly root: Schema
  readonly schema: Schema
  readonly value: unknown
  readonly path: string
}

const keywords: Readonly<Record<string, (place: Place, wanted: unknown) => string[]>> = {
  $ref: ({ root, value, path }, wanted) => {
    const [, name] = /^#\/\$defs\/(\w+)$/.exec(wanted as string) ?? []
    const found = (root.$defs as Readonly<Record<string, Schema>>)[name ?? '']
    if (!found) throw new Error(`${wanted} leads nowhere`)
    return faultsOf(root, value, found, path)
  },
  type: ({ value, path }, wanted) => {
    const types = [wanted].flat() as readonly string[]
    const isOne = types.some((type) => type === typeOf(value) || (type === 'integer' && Number.isInteger(value)))
    return isOne ? [] : [`${path} is ${typeOf(value)}, not ${types.join(' or ')}`]
  },
  enum: ({ value, path }, wanted) =>
    (wanted as readonly unknown[]).includes(value) ? [] : [`${path} is ${JSON.stringify(value)}`],
  const: ({ value, path }, wanted) => (value === wanted ? [] : [`${path} is ${JSON.stringify(value)}`]),
  minimum: ({ value, path }, wanted) =>
    typeof value === 'number' && value < (wanted as number) ? [`${path} is ${value}, less than ${wanted}`] : [],
  pattern: ({ value, path }, wanted) =>
    typeof value === 'string' && !new RegExp(wanted as string).test(value) ? [`${path} is not like ${wanted}`] : [],
  items: ({ root, value, path }, wanted) =>
    Array.isArray(value) ? value.flatMap((each, i) => faultsOf(root, each, wanted as Schema, `${path}[${i}]`)) : [],
  required: ({ value, path }, wanted) =>
    isRecord(value)
      ? (wanted as readonly string[]).filter((key) => !(key in value)).map((key) => `${path}.${key} is missing`)
      : [],
  properties: ({ root, value, path }, wanted) =>
    Object.entries(wanted as Readonly<Record<string, Schema>>).flatMap(([key, schema]) =>
      isRecord(value) && key in value ? faultsOf(root, value[key], schema, `${path}.${key}`) : [],
    ),
  additionalProperties: ({ root, schema, value, path }, wanted) => {
    if (!isRecord(value)) return []
    const more = Object.keys(value).filter((key) => !Object.hasOwn((schema.properties as Schema) ?? {}, key))
    if (wanted === false) return more.map((key) => `${path}.${key} is not described`)
    return more.flatMap((key) => faultsOf(root, value[key], wanted as Schema, `${path}.${key}`))
  },
  anyOf: ({ root, value, path }, wanted) => {
    // Alternatives that a constant rules out are not looked at any deeper: forms are nested, and each level has many.
    const each = (wanted as readonly Schema[]).map((schema) =>
      isRuledOut(schema, value) ? [`${path} is another alternative`] : faultsOf(root, value, schema, path),
    )
    return each.some((faults) => faults.length === 0) ? [] : each.flat()
  },
}

/** Whether a property that must have one value has another. */
function isRuledOut({ properties }: Schema, value: unknown): boolean {
  if (!isRecord(value)) return false
  return Object.entries((properties ?? {}) as Readonly<Record<string, Schema>>).some(
    ([key, schema]) => 'const' in schema && key in value && value[key] !== schema.const,
  )
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeOf(value) === 'object'
}

function typeOf(value: unknown): string {
  return value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value
}
