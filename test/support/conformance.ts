import assert from 'node:assert/strict'
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import formats from 'ajv-formats'

interface Documented {
  readonly paths?: object | undefined
}

/** Holds responses against an OpenAPI document: the status must be listed and the body must fit its schema. */
export function createConformance(
  document: Documented,
): (method: string, path: string, response: { status: number; type: string; body: unknown }) => void {
  const ajv = new Ajv2020({ strict: false, allErrors: true })
  formats.default(ajv)
  ajv.addSchema({ $id: 'openapi', ...document })
  const paths = (document.paths ?? {}) as Readonly<Record<string, Readonly<Record<string, unknown>>>>
  const compiled = new Map<string, ValidateFunction>()
  const templates = Object.keys(paths).map((template) => ({
    template,
    pattern: new RegExp(`^${template.replaceAll('.', '\\.').replace(/\{[^}]+\}/g, '[^/]+')}$`),
    literal: !template.includes('{'),
  }))
  // Literal paths win over templates, as in the router.
  templates.sort((a, b) => Number(b.literal) - Number(a.literal))

  return (method, path, { status, type, body }) => {
    const found = templates.find(
      ({ pattern, template }) => pattern.test(path) && paths[template]?.[method.toLowerCase()] !== undefined,
    )
    if (found === undefined) return
    const operation = paths[found.template]?.[method.toLowerCase()] as {
      responses: Record<string, { content?: Record<string, unknown> }>
    }
    const answer = operation.responses[String(status)]
    const where = `${method} ${path} -> ${status}`
    assert.ok(answer !== undefined, `${where} is not in the document: ${JSON.stringify(body)}`)
    if (answer.content === undefined) {
      assert.equal(body, undefined, `${where} is documented without a body`)
      return
    }
    // Where nothing says what the text is, the document calls it plain.
    const media = type.split(';', 1)[0] || 'text/plain'
    assert.ok(
      media in answer.content,
      `${where} answered ${media}, documented is ${Object.keys(answer.content).join(', ')}`,
    )
    if (!media.includes('json')) return
    const pointer = (part: string): string => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'))
    const ref = `openapi#/paths/${pointer(found.template)}/${method.toLowerCase()}/responses/${status}/content/${pointer(media)}/schema`
    const validate = compiled.get(ref) ?? ajv.compile({ $ref: ref })
    compiled.set(ref, validate)
    assert.ok(
      validate(body),
      `${where} does not fit its schema: ${ajv.errorsText(validate.errors)}\n${JSON.stringify(body)}`,
    )
  }
}
