import { z } from '@hono/zod-openapi'
import type { PieceType } from '../../../core/piece-types.ts'
import { CardeaError } from '../../../errors.ts'
import { type BracketEntry, entriesOf } from '../../../http/bracket-query.ts'
import { type Call, type Route, route } from '../../api.ts'
import { answer, bodies, empty, everywhere, isYes } from '../door.ts'
import {
  type Asked,
  listQuery,
  oneQuery,
  PieceBody,
  PieceListBody,
  readAsked,
  readId,
  renderPieceError,
} from '../pieces.ts'
import { done, ok } from '../reply.ts'

const params = z.object({ id: z.string().max(200) })
const Body = z.looseObject({})
type Body = z.infer<typeof Body>
type ById = Call<unknown, unknown, { readonly id: string }>

/** Who asks for which document in which mode. not_found for what is no id. */
function readPlace(call: ById): Asked & { readonly docId: string } {
  const { docId, suffix } = readId(call.params.id)
  const asked = readAsked(call, { suffix })
  if (docId === null) throw new CardeaError('not_found', { internal: 'no id' })
  return { ...asked, docId }
}

const shape = { ...everywhere, renderError: renderPieceError, ownQuery: true } as const

/** The addresses of one piece type. */
const routesOf = (type: PieceType): readonly Route[] => {
  const path = `/api/v1/${type.name}`
  const common = { ...shape, tag: `ApostropheCMS: ${type.name}` }

  return [
    route('GET', path, {
      ...common,
      summary: 'A page of documents, or with `count` how many there are',
      query: listQuery,
      answers: { 200: answer('Documents, as the caller sees them.', PieceListBody) },
      errors: ['not_found', 'scope_missing', 'rate_limited'],
      run: (call) => list(call, type),
    }),
    route('POST', path, {
      ...common,
      summary: 'Makes a document: published, or with `aposMode=draft` a draft of it',
      query: oneQuery,
      ...bodies,
      body: Body,
      answers: { 200: answer('The document, or what the query in the body asked for.', z.union([PieceBody, Body])) },
      errors: ['not_found', 'scope_missing', 'conflict', 'rate_limited'],
      run: (call: Call<Body>) => post(call, type),
    }),
    route('GET', `${path}/:id`, {
      ...common,
      summary: 'One document',
      params,
      query: oneQuery,
      answers: { 200: answer('The document, as the caller sees it.', PieceBody) },
      errors: ['not_found', 'scope_missing'],
      run: async (call) => {
        const { caller, mode, docId, entries } = readPlace(call)
        return ok(await call.core.documents.one(type, caller, mode, docId, entries))
      },
    }),
    ...(['PUT', 'PATCH'] as const).map((method) =>
      route(method, `${path}/:id`, {
        ...common,
        summary: method === 'PUT' ? 'Replaces a document' : 'Changes fields, and what is in them by dotted path',
        params,
        query: oneQuery,
        ...bodies,
        body: Body,
        answers: { 200: answer('The document as it is now.', PieceBody) },
        errors: ['not_found', 'scope_missing', 'conflict'],
        run: async (call: Call<Body, unknown, { readonly id: string }>) => {
          const { caller, mode, docId } = readPlace(call)
          const { documents } = call.core
          const write = method === 'PUT' ? documents.replace : documents.patch
          const changed = await write(type, caller, { docId, mode }, call.body, call.origin)
          return ok(await documents.show(type, caller, changed))
        },
      }),
    ),
    route('DELETE', `${path}/:id`, {
      ...common,
      summary: 'Deletes a document, its draft included',
      params,
      query: oneQuery,
      answers: { 200: empty('It is gone.') },
      errors: ['not_found', 'scope_missing'],
      run: async (call) => {
        const { caller, mode, docId } = readPlace(call)
        await call.core.documents.remove(type, caller, { docId, mode }, call.origin)
        return done
      },
    }),
    route('POST', `${path}/:id/publish`, {
      ...common,
      summary: 'Makes the draft what is published; answers the draft',
      params,
      query: oneQuery,
      ...bodies,
      body: Body,
      answers: { 200: answer('The draft.', PieceBody) },
      errors: ['not_found', 'scope_missing', 'conflict'],
      run: async (call) => {
        const { caller, docId } = readPlace(call)
        const { documents } = call.core
        return ok(await documents.show(type, caller, await documents.publish(type, caller, docId, call.origin)))
      },
    }),
  ]
}

async function list(call: Call, type: PieceType, inBody?: readonly BracketEntry[]) {
  const { caller, mode, entries } = readAsked(call, inBody === undefined ? {} : { inBody })
  return ok(await call.core.documents.list(type, caller, mode, entries, call.origin))
}

/** Makes a document, or does what this contract has put into the same call. */
async function post(call: Call<Body>, type: PieceType) {
  const { documents } = call.core
  const { __aposGetWithQuery: query, _newInstance: blank } = call.body
  if (typeof query === 'object' && query !== null) return list(call, type, entriesOf(query))
  const { caller, mode } = readAsked(call)
  if (isYes(blank)) return ok(documents.cut(type, caller, documents.blank(type)))
  return ok(await documents.show(type, caller, await documents.create(type, caller, mode, call.body, call.origin)))
}

export const pieceRoutes = (types: readonly PieceType[]): readonly Route[] => types.flatMap(routesOf)
