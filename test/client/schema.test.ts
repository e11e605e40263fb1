import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { renderClientTypes, typeOf } from '../../tools/client-schema.ts'

test('the types of the client are what the routes say', () => {
  const written = readFileSync(new URL('../../src/client/schema.ts', import.meta.url), 'utf8')
  assert.ok(
    written === renderClientTypes(),
    'src/client/schema.ts is not what the sources say. Run `npm run client-types`.',
  )
})

test('a schema says in TypeScript what it says in the document', () => {
  const cases = [
    [{ type: 'string', maxLength: 3 }, 'string'],
    [{ type: ['string', 'null'] }, 'string | null'],
    [{ enum: ['a', "it's"] }, "'a' | 'it\\'s'"],
    [{ type: 'array', items: { type: ['integer', 'null'] } }, '(number | null)[]'],
    [{ $ref: '#/components/schemas/User' }, "components['schemas']['User']"],
    [{ anyOf: [{ type: 'integer' }, { type: 'number' }, { type: 'null' }] }, 'number | null'],
    [{ type: 'object', additionalProperties: { type: 'boolean' } }, '{\n  [member: string]: boolean\n}'],
    [
      { type: 'object', required: ['a'], properties: { a: { type: 'string' }, 'b-c': { const: 1 } } },
      "{\n  a: string\n  'b-c'?: 1\n}",
    ],
    [{}, 'unknown'],
  ] as const
  for (const [schema, type] of cases) assert.equal(typeOf(schema), type)
})

test('a keyword that could make a type wrong stops the tool', () => {
  assert.throws(() => typeOf({ not: { type: 'string' } } as object), /not/)
})
