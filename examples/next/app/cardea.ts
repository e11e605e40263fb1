// The one guard of this program. Settings: ISSUER, GUARD_KEY (see docs/protect-nextjs.md).
import { createGuard } from 'cardea/guard'

const { ISSUER: issuer = 'http://127.0.0.1:4000', GUARD_KEY: key } = process.env

export const article = {
  title: 'The hinge',
  author: { name: 'Ovid', mail: 'ovid@example.com' },
  draft: 'not for everybody',
}

/** Without a key, as while this is built, access tokens are known and nothing else. */
export const guard = createGuard({
  issuer,
  audience: issuer,
  ...(key !== undefined && { introspect: { key }, feed: {} }),
})
