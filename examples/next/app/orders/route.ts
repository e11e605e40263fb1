import { requires } from 'cardea/guard'
import { guarded } from 'cardea/next'
import { guard } from '../cardea'

export const GET = guarded(guard, requires('account:read'), (_request, { principal: { user, kind } }) =>
  Response.json({ caller: user?.publicId, kind }),
)

export const POST = guarded(guard, requires('account:write'), async (request) => {
  const ordered: unknown = await request.json().catch(() => null)
  return ordered === null
    ? Response.json({ error: 'not JSON' }, { status: 400 })
    : Response.json({ ordered }, { status: 201 })
})
