import { z } from '@hono/zod-openapi'
import { type Route, route } from '../../api.ts'
import { atLevel, bothWays, callerOf } from '../callers.ts'
import { answer } from '../door.ts'
import { success } from '../reply.ts'
import { listedKeyBody, successBody } from '../wire.ts'
import { accountOf } from './account.ts'
import { keysOf } from './keys.ts'

const tag = 'FreeSewing: account'
const nothing = answer('Done.', successBody({ data: z.object({}) }))
/** What ends or takes along a whole account needs as much as making keys for it. */
const all = { tag, needs: 'keys:write', admit: atLevel(4), fresh: 'visitors' } as const

/** Taking one's data along, and going. */
export const leavingRoutes: readonly Route[] = bothWays.flatMap(({ suffix, takes }) => [
  route('GET', `/account/export${suffix}`, {
    ...all,
    takes,
    summary: 'All that is kept of the caller, in an address that holds it',
    answers: { 200: answer('A `data:` address of a JSON document.', successBody({ data: z.string() })) },
    run: async (call) => {
      const caller = callerOf(call)
      const keys = await keysOf(call.core, caller.user)
      const apikeys = keys.map((key) => listedKeyBody(call.core, caller.user, key))
      const text = JSON.stringify({ ...accountOf(call, caller), apikeys }, null, 2)
      return success({ data: `data:application/json;base64,${Buffer.from(text).toString('base64')}` })
    },
  }),
  route('GET', `/account/restrict${suffix}`, {
    ...all,
    takes,
    writes: true,
    summary: 'Closes the account of the caller until an administrator opens it again',
    answers: { 200: nothing },
    errors: ['last_admin'],
    run: async (call) => {
      const { user, principal } = callerOf(call)
      await call.core.users.disableSelf(user, principal, call.origin)
      return success({ data: {} })
    },
  }),
  route('DELETE', `/account${suffix}`, {
    ...all,
    takes,
    summary: 'Deletes the account of the caller and everything of theirs',
    answers: { 200: nothing },
    errors: ['last_admin', 'not_found'],
    run: async (call) => {
      const { user, principal } = callerOf(call)
      await call.core.users.remove(user, principal, call.origin)
      return success({ data: {} })
    },
  }),
])
