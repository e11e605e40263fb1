// The types of the client, made from the OpenAPI document of the native API.
import type { WebMetrics } from '../src/apis/context.ts'
import { wireCode } from '../src/apis/native/errors.ts'
import { createNativeApi } from '../src/apis/native/index.ts'
import { type ErrorCode, publicTexts } from '../src/errors.ts'
import { buildOpenApi } from '../src/http/openapi.ts'

/** What our document uses of JSON Schema. Anything else is refused, so that no type is silently wider than the truth. */
interface Schema {
  readonly $ref?: string
  readonly type?: string | readonly string[]
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly anyOf?: readonly Schema[]
  readonly oneOf?: readonly Schema[]
  readonly allOf?: readonly Schema[]
  readonly items?: Schema
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly additionalProperties?: boolean | Schema
  readonly description?: string
}
interface Content {
  readonly content?: Readonly<Record<string, { readonly schema?: Schema }>>
}
interface Parameter {
  readonly name: string
  readonly in: string
  readonly required?: boolean
  readonly schema?: Schema
  readonly description?: string
}
interface Operation {
  readonly operationId: string
  readonly summary?: string
  readonly description?: string
  readonly parameters?: readonly Parameter[]
  readonly requestBody?: Content & { readonly required?: boolean }
  readonly responses: Readonly<Record<string, Content>>
}
interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> }
}

const known = new Set(
  '$ref type enum const anyOf oneOf allOf items properties required additionalProperties description'.split(' '),
)
/** They narrow a value in ways that a type cannot say. */
const untyped = new Set(
  'format pattern minLength maxLength minimum maximum minItems maxItems default example examples'.split(' '),
)

const quote = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
const property = (name: string): string => (/^[A-Za-z_$][\w$]*$/.test(name) ? name : quote(name))
const literal = (value: unknown): string => (typeof value === 'string' ? quote(value) : JSON.stringify(value))
const indent = (text: string): string => text.replaceAll('\n', '\n  ')
const union = (types: readonly string[]): string => [...new Set(types)].join(' | ')

function comment(...texts: readonly (string | undefined)[]): string {
  const text = texts.filter((each) => each !== undefined && each !== '').join(' ')
  return text === '' ? '' : `/** ${text.replaceAll('*/', '* /')} */\n`
}

const members = (lines: readonly string[]): string =>
  lines.length === 0 ? '{}' : `{\n  ${lines.map(indent).join('\n  ')}\n}`

function objectType({ properties = {}, required = [], additionalProperties }: Schema): string {
  const lines = Object.entries(properties).map(
    ([name, each]) =>
      `${comment(each.description)}${property(name)}${required.includes(name) ? '' : '?'}: ${typeOf(each)}`,
  )
  const open = typeof additionalProperties === 'object' || additionalProperties === true
  if (!open) return lines.length === 0 ? 'Record<string, never>' : members(lines)
  const rest = additionalProperties === true ? 'unknown' : typeOf(additionalProperties)
  // Beside named members the rest can be anything, or their types would have to fit it.
  return members([...lines, `[member: string]: ${lines.length === 0 ? rest : 'unknown'}`])
}

function namedType(type: string, schema: Schema): string {
  switch (type) {
    case 'string':
    case 'boolean':
    case 'null':
      return type
    case 'integer':
    case 'number':
      return 'number'
    case 'array': {
      const item = schema.items === undefined ? 'unknown' : typeOf(schema.items)
      return item.includes(' ') && !item.startsWith('{') ? `(${item})[]` : `${item}[]`
    }
    case 'object':
      return objectType(schema)
    default:
      throw new TypeError(`a schema has the type ${type}`)
  }
}

/** TypeScript for one schema. Throws TypeError at a keyword that it does not know. */
export function typeOf(schema: Schema): string {
  const strange = Object.keys(schema).filter((key) => !known.has(key) && !untyped.has(key))
  if (strange.length > 0) throw new TypeError(`a schema has ${strange.join(', ')}`)
  if (schema.$ref !== undefined)
    return `components['schemas'][${quote(schema.$ref.slice(schema.$ref.lastIndexOf('/') + 1))}]`
  if (schema.const !== undefined) return literal(schema.const)
  if (schema.enum !== undefined) return union(schema.enum.map(literal))
  const choices = schema.anyOf ?? schema.oneOf
  if (choices !== undefined) return union(choices.map(typeOf))
  if (schema.allOf !== undefined) {
    const { allOf, ...rest } = schema
    return [...allOf, ...(rest.properties === undefined ? [] : [rest])].map(typeOf).join(' & ')
  }
  if (schema.type === undefined) return schema.properties === undefined ? 'unknown' : objectType(schema)
  return union([schema.type].flat().map((type) => namedType(type, schema)))
}

function contentType({ content }: Content): string {
  if (content === undefined) return 'content?: never'
  const lines = Object.entries(content).map(
    ([type, { schema }]) => `${quote(type)}: ${schema === undefined ? 'unknown' : typeOf(schema)}`,
  )
  return `content: ${members(lines)}`
}

function parametersType(parameters: readonly Parameter[]): string {
  const places = ['query', 'path', 'header'].map((place) => {
    const own = parameters.filter((each) => each.in === place)
    if (own.length === 0) return `${place}?: never`
    const lines = own.map(
      ({ name, required, schema, description }) =>
        `${comment(description)}${property(name)}${required === true ? '' : '?'}: ${typeOf(schema ?? {})}`,
    )
    return `${place}${own.some(({ required }) => required === true) ? '' : '?'}: ${members(lines)}`
  })
  return `parameters: ${members(places)}`
}

function operationType({ parameters = [], requestBody, responses }: Operation): string {
  // Only what is no failure: those are thrown, as one class.
  const answers = Object.entries(responses).flatMap(([status, answer]) =>
    status.startsWith('2') ? [`${status}: ${members([contentType(answer)])}`] : [],
  )
  return members([
    parametersType(parameters),
    requestBody === undefined
      ? 'requestBody?: never'
      : `requestBody${requestBody.required === true ? '' : '?'}: ${members([contentType(requestBody)])}`,
    `responses: ${members(answers)}`,
  ])
}

const verbs = new Set(['get', 'post', 'put', 'patch', 'delete'])

export function renderTypes({ paths, components }: Document, codes: readonly string[]): string {
  const operations = Object.values(paths).flatMap((path) =>
    Object.entries(path).flatMap(([verb, operation]) => (verbs.has(verb) ? [operation] : [])),
  )
  const pathLines = Object.entries(paths).map(([path, each]) => {
    const lines = Object.entries(each).flatMap(([verb, { operationId, summary, description }]) =>
      verbs.has(verb)
        ? [
            `${comment(summary && `${summary}.`.replace(/\.\.$/, '.'), description)}${verb}: operations['${operationId}']`,
          ]
        : [],
    )
    return `${quote(path)}: ${members(lines)}`
  })
  const schemaLines = Object.entries(components.schemas).map(
    ([name, schema]) => `${comment(schema.description)}${property(name)}: ${typeOf(schema)}`,
  )
  return [
    '// Generated by `npm run client-types` from the OpenAPI document of the native API. Not edited by hand.',
    `/** What \`code\` of a problem can be. */\nexport type ProblemCode =\n  | ${codes.map(quote).join('\n  | ')}`,
    `export interface paths ${members(pathLines)}`,
    `export interface components ${members([`schemas: ${members(schemaLines)}`])}`,
    `export interface operations ${members(operations.map((each) => `${each.operationId}: ${operationType(each)}`))}`,
  ]
    .map((part) => `${part}\n`)
    .join('\n')
}

/** `src/client/schema.ts`, as the routes of this checkout say. */
export function renderClientTypes(): string {
  const metrics: WebMetrics = {
    route: () => ({ begin: () => 0, end() {} }),
    verdict() {},
    render: async () => ({ type: 'text/plain', text: '' }),
  }
  const publicUrl = 'http://127.0.0.1:4000'
  const http = {
    publicUrl,
    trustedProxies: [],
    allowedHosts: [],
    corsOrigins: [],
    bodyLimitBytes: 0,
    documents: true,
    console: null,
  }
  const api = createNativeApi({ http, health: { ready: async () => {} }, metrics })
  const document = buildOpenApi({ apis: [api], publicUrl, version: '0.0.0' })
  const codes = Object.keys(publicTexts).map((code) => wireCode(code as ErrorCode))
  // Through JSON: what is read is what is served.
  return renderTypes(JSON.parse(JSON.stringify(document)), codes)
}
