import assert from 'node:assert/strict'
import type { ApostropheSettings } from '../../src/apis/apostrophe/settings.ts'
import { pieceTypes } from '../../src/config/pieces.ts'
import type { PieceType } from '../../src/core/piece-types.ts'
import { csrf, keys, startApostrophe } from './apostrophe.ts'
import type { Answered, Body, Wish } from './http.ts'
import type { TestServer } from './server.ts'

/** Types as a configuration declares them. */
export function declared(declaration: object): readonly PieceType[] {
  const reading = pieceTypes.fromValue(declaration)
  assert.ok(reading.ok, reading.ok ? '' : reading.wrong)
  return reading.value
}

export function typeOf(declaration: object): PieceType {
  const [type] = declared({ article: declaration })
  assert.ok(type !== undefined)
  return type
}

export const newsroom = {
  article: {
    fields: {
      title: { type: 'string', max: 100 },
      body: 'string',
      color: { type: 'select', choices: ['red', 'green', { value: 'blue', label: 'Blue as the sea' }] },
      price: { type: 'integer', min: 0 },
      weight: 'float',
      stocked: 'boolean',
      printedOn: 'date',
      source: 'url',
      code: 'slug',
      place: { type: 'object', fields: { town: 'string', street: 'string' } },
      pictures: { type: 'array', fields: { caption: { type: 'string', required: true }, address: 'url' } },
      _related: { type: 'relationship', withType: 'article' },
      _memos: { type: 'relationship', withType: 'memo' },
    },
    publicApiProjection: {
      title: 1,
      price: 1,
      stocked: 1,
      'place.town': 1,
      'pictures.caption': 1,
      _related: 1,
      _url: 1,
    },
    url: '/articles/:slug',
  },
  memo: { fields: { text: 'string' } },
}

export function startNewsroom(
  declaration: object = newsroom,
  door: Partial<ApostropheSettings> = {},
  maxPerPage = 200,
): Promise<TestServer> {
  return startApostrophe(door, {
    settings: { pieces: { types: declared(declaration), maxPerPage, siteUrl: door.siteUrl ?? null } },
  })
}

export const callers = ['anonymous', 'guest', 'contributor', 'editor', 'admin'] as const
export type Caller = (typeof callers)[number]

/** How each of them calls: with a key of the configuration, or with nothing but the CSRF cookie. */
export function as(caller: Caller, wish: Wish = {}): Wish {
  if (caller === 'anonymous') return { cookie: csrf, ...wish }
  return { ...wish, headers: { ...wish.headers, Authorization: `ApiKey ${keys[caller]}` } }
}

export const path = (type: string, query = ''): string => `/api/v1/${type}${query}`

/** A published document of the editor's, or a draft. */
export async function make(server: TestServer, type: string, json: object, query = ''): Promise<Body> {
  const answered = await server.send('POST', path(type, query), as('editor', { json }))
  assert.equal(answered.status, 200, answered.text)
  return answered.body
}

export function get(server: TestServer, caller: Caller, target: string): Promise<Answered> {
  return server.send('GET', `/api/v1/${target}`, as(caller))
}

export function titles({ body }: Answered): readonly string[] {
  return (body.results as unknown as readonly { readonly title: string }[]).map(({ title }) => title)
}

/** A refusal that a question about a hidden member gets, whatever is asked. */
export function assertHidden(answered: Answered): void {
  assert.deepEqual([answered.status, answered.body], [403, { name: 'forbidden', data: {}, message: 'forbidden' }])
}

export function assertInvalid(answered: Answered, ...paths: readonly string[]): void {
  assert.equal(answered.status, 400, answered.text)
  assert.equal(answered.body.name, 'invalid')
  const { errors = [] } = answered.body.data as unknown as { errors?: readonly { path: string }[] }
  assert.deepEqual(
    errors.map((each) => each.path),
    paths,
  )
}
