import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ConfigError } from '../../src/config/config-error.ts'
import { loadConfig } from '../../src/config/load.ts'
import { defineConfig } from '../../src/config/options.ts'
import { pieceTypes } from '../../src/config/pieces.ts'
import { defaultRoles } from '../../src/core/roles.ts'
import { declared, typeOf } from '../support/pieces.ts'

function wrongOf(value: unknown): string {
  const reading = pieceTypes.fromValue(value)
  return reading.ok ? 'nothing was wrong' : reading.wrong
}
const ofType = (declaration: object) => wrongOf({ article: { fields: {}, ...declaration } })
const ofField = (declaration: unknown, name = 'x') => ofType({ fields: { [name]: declaration } })

describe('a declaration', () => {
  test('has a title that is required and a slug beside its fields, said or not', () => {
    for (const fields of [
      {},
      { title: 'string', slug: 'slug' },
      { slug: { type: 'slug' }, title: { type: 'string' } },
    ]) {
      const type = typeOf({ fields })
      assert.deepEqual(
        type.fields.map(({ name, required }) => [name, required]),
        [['title', true]],
      )
    }
    const bounded = typeOf({ fields: { title: { type: 'string', max: 9 } } })
    assert.equal(bounded.fields[0]?.max, 9)
  })

  test('fills in what is not said', () => {
    const type = typeOf({ fields: { color: { type: 'select', choices: ['red'] }, price: 'integer' } })
    assert.deepEqual(
      [type.publicApiProjection, type.url, type.guestApiAccess, type.viewRole, type.editRole, type.publishRole],
      [null, null, false, 'anonymous', 'contributor', 'editor'],
    )
    assert.deepEqual(type.fields[1]?.choices, [{ value: 'red', label: 'red' }])
  })

  test('is read from a file and from a variable, and handed to the core', async () => {
    const pieces = { note: { fields: { text: 'string' }, publicApiProjection: { title: 1 } } } as const
    const given = { builtInRoles: defaultRoles, environment: {}, folder: '/tmp' }
    const settings = defineConfig({ pieces, apostrophe: { maxPerPage: 7, siteUrl: 'https://news.example' } })
    const fromFile = await loadConfig({ ...given, settings })
    const { types, maxPerPage, siteUrl } = fromFile.core.pieces
    assert.deepEqual([types.map(({ name }) => name), maxPerPage, siteUrl], [['note'], 7, 'https://news.example'])
    assert.throws(() => Object.assign(types[0] as object, { publicApiProjection: ['text'] }), TypeError)
    const environment = { CARDEA_PIECES: JSON.stringify(pieces) }
    const fromVariable = await loadConfig({ ...given, environment, settings: {} })
    assert.deepEqual(fromVariable.core.pieces.types, types)
    assert.equal(fromVariable.core.pieces.maxPerPage, 200)
  })

  test('that is wrong stops the start and names the place', async () => {
    const settings = { pieces: { article: { fields: { price: 'money' } } } } as unknown as ReturnType<
      typeof defineConfig
    >
    const failed = loadConfig({ builtInRoles: defaultRoles, environment: {}, folder: '/tmp', settings })
    await assert.rejects(failed, (error) => {
      assert.ok(error instanceof ConfigError)
      assert.match(
        error.message,
        /^pieces \(options\): article\.fields\.price: there is no type "money"; there are string, /,
      )
      return true
    })
  })
})

test('what is wrong with a type is named', () => {
  for (const [said, wrong] of [
    ['must be an object', wrongOf([])],
    ['auth: this name is reserved', wrongOf({ auth: { fields: {} } })],
    ['login: this name is reserved', wrongOf({ login: { fields: {} } })],
    ['@apostrophecms/user: this name is reserved', wrongOf({ '@apostrophecms/user': { fields: {} } })],
    ['constructor: this name is reserved', wrongOf({ constructor: { fields: {} } })],
    ['prototype: this name is reserved', wrongOf({ prototype: { fields: {} } })],
    ['__proto__: this name is reserved', wrongOf(JSON.parse('{"__proto__": {"fields": {}}}'))],
    ['Article: a type is called by', wrongOf({ Article: { fields: {} } })],
    ['a/b: a type is called by', wrongOf({ 'a/b': { fields: {} } })],
    ['article must be an object', wrongOf({ article: 'x' })],
    ['article.fields must be an object', wrongOf({ article: {} })],
    ['article.publicProjection: is none of fields, publicApiProjection', ofType({ publicProjection: {} })],
    ['article.guestApiAccess must be true or false', ofType({ guestApiAccess: 'yes' })],
    ['article.viewRole must be one of guest, contributor', ofType({ viewRole: 'anonymous' })],
    ['article.editRole must be one of contributor', ofType({ editRole: 'guest' })],
    ['article.publishRole must be one of', ofType({ publishRole: 'root' })],
    ['article.indexes must be a list', ofType({ indexes: 'title' })],
    ['article.indexes: item 1 must be a list', ofType({ indexes: ['title'] })],
    ['article.indexes: item 2 names "nothing"', ofType({ indexes: [['title'], ['title', 'nothing']] })],
    ['article.indexes: item 1 names "constructor"', ofType({ indexes: [['constructor']] })],
    [
      'article.indexes: item 1 must not have more than 3 fields that hold text',
      ofType({ fields: { a: 'string', b: 'url', c: 'string', d: 'slug' }, indexes: [['a', 'b', 'c', 'd']] }),
    ],
  ] as const)
    assert.ok(wrong.startsWith(said), `${said} <> ${wrong}`)
})

test('what is wrong with a field is named', () => {
  const at = 'article.fields.x'
  for (const [said, wrong] of [
    [`${at}: there is no type "attachment"`, ofField('attachment')],
    [`${at}: there is no type "toString"`, ofField('toString')],
    [`${at} must be the name of a type`, ofField(7)],
    [`${at}.length: a field of type string has`, ofField({ type: 'string', length: 3 })],
    [`${at}.required must be true or false`, ofField({ type: 'string', required: 1 })],
    [`${at}: min and max must be numbers`, ofField({ type: 'integer', min: 3, max: 2 })],
    [`${at}.choices must be a list`, ofField('select')],
    [`${at}.choices must be a list`, ofField({ type: 'select', choices: [] })],
    [`${at}.choices has one twice`, ofField({ type: 'select', choices: ['a', 'a'] })],
    [`${at}.choices must be texts`, ofField({ type: 'select', choices: [1] })],
    [`${at}.def must be a whole number`, ofField({ type: 'integer', def: 'x' })],
    [`${at}.def must be one of`, ofField({ type: 'select', choices: ['a'], def: 'b' })],
    [`${at}.fields must be an object`, ofField('object')],
    [`${at}.fields.y: there is no type "nothing"`, ofField({ type: 'array', fields: { y: 'nothing' } })],
    [`${at}: a relationship is called by _`, ofField({ type: 'relationship', withType: 'article' })],
    ['article.fields._x.withType must name', ofField('relationship', '_x')],
    ['article.fields._x: there is no piece type "memo"', ofField({ type: 'relationship', withType: 'memo' }, '_x')],
    ['article.fields._x: a field is called by', ofField('string', '_x')],
    ['article.fields.a-b: a field is called by', ofField('string', 'a-b')],
    ['article.fields.a.b: a field is called by', ofField('string', 'a.b')],
    ['article.fields.constructor: this name is not allowed', ofField('string', 'constructor')],
    ['article.fields.toString: this name is not allowed', ofField('string', 'toString')],
    ['article.fields.valueOf: this name is not allowed', ofField('string', 'valueOf')],
    ['article.fields.prototype: this name is not allowed', ofField('string', 'prototype')],
    ['article.fields.__proto__: this name', ofType({ fields: JSON.parse('{"__proto__": "string"}') })],
    ['article.fields.visibility: this name is reserved', ofField('string', 'visibility')],
    ['article.fields.perPage: this name is reserved', ofField('string', 'perPage')],
    ['article.fields.apikey: this name is reserved', ofField('string', 'apikey')],
    ['article.fields.title must have the type string', ofField('integer', 'title')],
    ['article.fields.slug must have the type slug', ofField('string', 'slug')],
  ] as const)
    assert.ok(wrong.startsWith(said), `${said} <> ${wrong}`)
  const nested = { type: 'object', fields: { a: { type: 'object', fields: {} } } }
  const deep = [1, 2, 3, 4].reduce<object>((inner) => ({ type: 'object', fields: { a: inner } }), nested)
  assert.match(ofField(deep), /nested deeper than 5 levels/)
  const link = { type: 'relationship', withType: 'article' }
  assert.match(ofField({ type: 'object', fields: { _y: link } }), /stands at the top level only/)
  assert.match(ofType({ fields: { _x: link, xIds: 'string' } }), /xIds is where the ids of _x are kept/)
})

test('what is wrong with a projection or a url is named with its type', () => {
  const fields = { price: 'integer', secret: 'string', place: { type: 'object', fields: { town: 'string' } } }
  const projected = (map: unknown, url?: string) =>
    wrongOf({ article: { fields, publicApiProjection: map, ...(url === undefined ? {} : { url }) } })
  const at = 'article.publicApiProjection: '
  for (const [said, wrong] of [
    [`${at}"secret" is excluded`, projected({ title: 1, secret: 0 })],
    [`${at}"$where" is an operator`, projected({ $where: 1 })],
    [`${at}"$slice" is an operator`, projected({ title: { $slice: 1 } })],
    [`${at}"nothing" is not a field of article`, projected({ nothing: 1 })],
    [`${at}"_url" is made of "secret"`, projected({ _url: 1 }, '/a/:secret')],
    ['article.url must be a path', projected({ title: 1 }, 'articles/:slug')],
    ['article.url must be a path', projected({ title: 1 }, '//evil.example/:slug')],
    ['article.url must be a path', projected({ title: 1 }, 'https://x/:slug')],
    ['article.url must be a path', projected({ title: 1 }, '/a/../:slug')],
    ['article.url must be a path', projected({ title: 1 }, '/a?x=:slug')],
    ['article.url names ":nothing"', projected({ title: 1 }, '/a/:nothing')],
    ['article.url names ":place"', projected({ title: 1 }, '/a/:place')],
    ['article.url names ":constructor"', projected({ title: 1 }, '/a/:constructor')],
  ] as const)
    assert.ok(wrong.startsWith(said), `${said} <> ${wrong}`)
  assert.equal(projected({ price: 1, _url: 1 }, '/:price/:slug.html'), 'nothing was wrong')
  assert.equal(
    declared({ a: { fields: {} }, b: { fields: { _a: { type: 'relationship', withType: 'a' } } } }).length,
    2,
  )
})
