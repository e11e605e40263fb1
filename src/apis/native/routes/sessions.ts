import { z } from '@hono/zod-openapi'
import { CardeaError } from '../../../errors.ts'
import { type Route, route } from '../../api.ts'
import { freshFields, idParams, pageBody, pageOf, pageQuery, SessionBody, sessionBody } from '../wire.ts'
import { anyKind, defined, inSession, noContent, ok } from './common.ts'

export const sessionRoutes: readonly Route[] = [
  route('GET', '/auth/sessions', {
    tag: 'Sessions',
    summary: 'The sessions of this account, newest first',
    takes: anyKind,
    needs: 'account:read',
    query: pageQuery,
    answers: ok('Live sessions.', pageOf(SessionBody, 'SessionPage')),
    run: async (call) => {
      const page = await call.core.sessions.list(call.user(), defined(call.query))
      return { status: 200, body: pageBody(page, (session) => sessionBody(session, call.caller().sessionId)) }
    },
  }),
  route('GET', '/auth/sessions/:id', {
    tag: 'Sessions',
    summary: 'One session',
    takes: anyKind,
    needs: 'account:read',
    params: idParams,
    answers: ok('The session.', SessionBody),
    errors: ['not_found'],
    run: async (call) => {
      const session = await call.core.sessions.byId(call.user(), call.params.id)
      if (session === null) throw new CardeaError('not_found')
      return { status: 200, body: sessionBody(session, call.caller().sessionId) }
    },
  }),
  route('DELETE', '/auth/sessions/:id', {
    tag: 'Sessions',
    summary: 'Ends one session',
    takes: inSession,
    strictKinds: true,
    needs: 'sessions:write',
    fresh: 'all',
    params: idParams,
    body: z.strictObject(freshFields),
    answers: noContent('Ended.'),
    errors: ['not_found'],
    run: async (call) => {
      await call.core.sessions.end(call.user(), call.params.id, call.origin)
      return { status: 204 }
    },
  }),
  route('DELETE', '/auth/sessions', {
    tag: 'Sessions',
    summary: 'Ends all other sessions of this account',
    takes: inSession,
    strictKinds: true,
    needs: 'sessions:write',
    fresh: 'all',
    body: z.strictObject(freshFields),
    answers: ok('How many were ended. This one stays.', z.object({ ended: z.int() }).openapi('Ended')),
    run: async (call) => ({
      status: 200,
      body: { ended: await call.core.sessions.endOthers(call.user(), call.caller().sessionId, call.origin) },
    }),
  }),
]
