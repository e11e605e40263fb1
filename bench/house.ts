import type { Settings } from '../src/config/options.ts'
import { uuidv7 } from '../src/crypto/random.ts'
import { type House, openHouse } from '../src/server/house.ts'
import { createLog } from '../src/server/log.ts'
import { loadSettings } from '../src/server/settings.ts'
import type { Origin, User } from '../src/types.ts'

export const origin: Origin = { api: 'native', address: '127.0.0.1', userAgent: 'bench' }
export const password = 'correct horse battery staple'

/** The product's own defaults, in a folder of this run, whatever the environment says. */
export function benchSettings(
  dataDir: string,
  more: Settings = {},
): Promise<ReturnType<typeof loadSettings> extends Promise<infer C> ? C : never> {
  return loadSettings({ environment: {}, settings: { dataDir, port: 0, log: { level: 'error' }, ...more } })
}

export function benchLog() {
  return createLog({ level: 'error', stream: process.stderr })
}

/** A house to put things into before a server is started on the same folder. */
export async function openGuest(dataDir: string): Promise<House> {
  return openHouse(await benchSettings(dataDir), { log: benchLog(), as: 'guest' })
}

/** An active user who signs in with `password`. */
export function makeUser(house: House, username: string): Promise<User> {
  const wish = { username, email: null, password, role: 'user', kind: 'person' } as const
  return house.core.users.create(wish, null, origin)
}

/** Users like this one, with the same password, whom nobody waits for to be hashed. */
export async function makeCrowd({ core, store }: House, like: User, names: readonly string[]): Promise<void> {
  const passwordHash = await store.users.passwordHash(like.id)
  const { kind, status, role } = like
  await store.transaction(async (tx) => {
    for (const username of names) {
      await tx.users.create({
        publicId: uuidv7(core.clock.now()),
        kind,
        username,
        usernameKey: username,
        email: null,
        unprovenEmail: null,
        passwordHash,
        status,
        role,
        grantedScopes: [],
        createdAt: core.clock.now(),
      })
    }
  })
}

/** How each kind of credential is sent: the headers of a request. */
export type Credentials = Readonly<Record<GuardKind, Readonly<Record<string, string>>>>
export const guardKinds = [
  'access-token',
  'api-key-basic',
  'api-key-header',
  'bearer-token',
  'session-cookie',
  'private-token',
] as const
export type GuardKind = (typeof guardKinds)[number]

export async function makeCredentials({ core }: House, user: User): Promise<Credentials> {
  const open = (mode: 'token' | 'bearer' | 'cookie') =>
    core.sessions.open({ user, mode, factors: ['password'], origin })
  const [access, bearer, cookie] = [await open('token'), await open('bearer'), await open('cookie')]
  const key = await core.keys.issueFor(user, { name: 'bench' }, origin)
  const expiresAt = core.clock.now() + 90 * 86_400_000
  const token = await core.tokens.issueFor(user, { name: 'bench', expiresAt }, origin)
  const pair = Buffer.from(`${key.record.id}:${key.secret}`).toString('base64')
  return {
    'access-token': { Authorization: `Bearer ${access.token}` },
    'api-key-basic': { Authorization: `Basic ${pair}` },
    'api-key-header': { 'X-API-Key': key.token },
    'bearer-token': { Authorization: `Bearer ${bearer.token}` },
    // A browser sends where the page came from along with the cookie; without it a cookie is refused.
    'session-cookie': { Cookie: `cardea=${cookie.token}`, 'Sec-Fetch-Site': 'same-origin' },
    'private-token': { Authorization: `Bearer ${token.token}` },
  }
}
