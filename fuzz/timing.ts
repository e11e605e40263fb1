// Whether the time of a refusal tells what was wrong: unknown against wrong, under the product's own hash. In process,
// where nothing but the work itself is measured, and over HTTP with `--http`; `--busy` has that many others sign in all
// the while, so that what is measured waits in line. Ends with 1 when two can be told apart.
import { parseArgs } from 'node:util'
import { formatApiKey, parseApiKey } from '../src/crypto/api-key-format.ts'
import { randomBytes, uuidv7 } from '../src/crypto/random.ts'
import { createRandom } from './random.ts'
import { startFuzzedServer } from './server.ts'
import { compare } from './statistics.ts'

const { values } = parseArgs({
  options: {
    http: { type: 'boolean', default: false },
    hashes: { type: 'string', default: '300' },
    checks: { type: 'string', default: '6000' },
    only: { type: 'string', default: '' },
    busy: { type: 'string', default: '0' },
  },
})

/** Told apart: the test sees it, and an attacker who compares two answers is right in more than 55 of 100 cases. */
const certain = 0.001
const noticeable = 0.05

const server = await startFuzzedServer({ limits: { enabled: false } })
const { core } = server.cardea
const origin = { api: 'native', address: '127.0.0.1', userAgent: 'timing' } as const
const password = 'correct horse battery'
const user = { username: 'alice', email: 'alice@example.com', password, role: 'admin', kind: 'person' } as const
await core.users.create(user, null, origin)

const env = { incoming: { socket: { remoteAddress: '127.0.0.1' } } }
/** Made before the clock starts: to draw an id takes a time that is ours, not the server's. */
interface Call {
  readonly path: string
  readonly init: RequestInit
}
async function send({ path, init }: Call): Promise<Response> {
  const url = server.url + path
  return values.http ? await fetch(url, init) : await server.cardea.fetch(new Request(url, init), env)
}
const post = (path: string, body: object, headers: Record<string, string> = {}): Call => ({
  path,
  init: { method: 'POST', headers: { 'Content-Type': 'application/json', ...headers }, body: JSON.stringify(body) },
})
const signedIn = (await (await send(post('/auth/sign-in', { identifier: 'alice', password }))).json()) as Record<
  string,
  string
>
const asAlice = { Authorization: `Bearer ${signedIn.access_token}` }
const made = (await (await send(post('/auth/keys', { name: 'timing' }, asAlice))).json()) as Record<string, string>
const keyId = parseApiKey(made.token ?? '')?.id ?? ''
const secret = (): string => randomBytes(32).toString('hex')
const unknownId = (): string => uuidv7(core.clock.now())

const me = (headers: Record<string, string>): Call => ({ path: '/auth/me', init: { headers } })
const byBasic = (name: string, word: string) =>
  me({ Authorization: `Basic ${Buffer.from(`${name}:${word}`).toString('base64')}` })
const byKey = (id: string) => me({ 'X-API-Key': formatApiKey(id, secret()) })
let counter = 0
/** As long as the name that exists. */
function nobody(): string {
  counter += 1
  return `n${String(counter).padStart(4, '0')}`
}

interface Pair {
  readonly name: string
  readonly times: number
  readonly unknown: () => Call
  readonly wrong: () => Call
  readonly status: number
}
const [hashes, checks] = [Number(values.hashes), Number(values.checks)]
/** Where a user name and a password are posted. */
const forms: readonly { readonly name: string; readonly path: string; readonly as: string; readonly status: number }[] =
  [
    { name: 'sign-in', path: '/auth/sign-in', as: 'identifier', status: 401 },
    { name: 'sign-in at FreeSewing', path: '/signin', as: 'username', status: 401 },
    { name: 'sign-in at LibrePhotos', path: '/api/auth/token/obtain/', as: 'username', status: 401 },
    { name: 'sign-in at ApostropheCMS', path: '/api/v1/@apostrophecms/login/login', as: 'username', status: 400 },
    { name: 'sign-in at Haut.AI', path: '/api/v1/auth/login/', as: 'username', status: 401 },
  ]
const pairs: readonly Pair[] = [
  ...forms.flatMap(({ name, path, as, status }) =>
    (['', '@example.com'] as const).map((domain) => ({
      name: `${name} by ${domain === '' ? 'user name' : 'e-mail address'}`,
      times: hashes,
      unknown: () => post(path, { [as]: nobody() + domain, password: 'wrong' }),
      wrong: () => post(path, { [as]: `alice${domain}`, password: 'wrong' }),
      status,
    })),
  ),
  {
    name: 'password by Basic',
    times: hashes,
    unknown: () => byBasic(nobody(), 'wrong'),
    wrong: () => byBasic('alice', 'wrong'),
    status: 401,
  },
  {
    name: 'API key in one string',
    times: checks,
    unknown: () => byKey(unknownId()),
    wrong: () => byKey(keyId),
    status: 401,
  },
  {
    name: 'API key by Basic',
    times: checks,
    unknown: () => byBasic(unknownId(), secret()),
    wrong: () => byBasic(keyId, secret()),
    status: 401,
  },
]

async function time(call: Call, status: number): Promise<number> {
  const from = performance.now()
  const response = await send(call)
  await response.text()
  const took = performance.now() - from
  if (response.status !== status) throw new Error(`answered ${response.status}`)
  return took
}

const print = (line: string): void => void process.stdout.write(`${line}\n`)
print(`unknown against wrong, ${values.http ? 'over HTTP' : 'in process'}; milliseconds`)
const random = createRandom(1)
let toldApart = 0
let over = false
const others = Array.from({ length: Number(values.busy) }, async () => {
  while (!over) await (await send(post('/auth/sign-in', { identifier: nobody(), password: 'wrong' }))).text()
})
for (const { name, times, unknown, wrong, status } of pairs.filter((pair) => pair.name.includes(values.only))) {
  const unknowns: number[] = []
  const wrongs: number[] = []
  for (let turn = -Math.ceil(times / 10); turn < times; turn += 1) {
    // Side by side and in any order: whatever the machine does meanwhile happens to both.
    const order = random.once(2) ? ([0, 1] as const) : ([1, 0] as const)
    for (const which of order) {
      const took = await time((which === 0 ? unknown : wrong)(), status)
      if (turn >= 0) (which === 0 ? unknowns : wrongs).push(took)
    }
    // With others about it would never be.
    if (others.length === 0) await core.idle()
  }
  const { medians, ratio, ratioInterval, superiority, p } = compare(unknowns, wrongs)
  const differs = p < certain && Math.abs(superiority - 0.5) >= noticeable
  if (differs) toldApart += 1
  const figures = [
    `medians ${medians.map((each) => each.toFixed(3)).join(' / ')}`,
    `ratio ${ratio.toFixed(4)} (${ratioInterval.map((each) => each.toFixed(4)).join(' to ')})`,
    `wrong is slower in ${(superiority * 100).toFixed(1)} %`,
    `p ${p.toPrecision(2)}`,
  ]
  print(`${name}, ${times} each: ${figures.join(', ')}: ${differs ? 'CAN BE TOLD APART' : 'cannot be told apart'}`)
}
over = true
await Promise.all(others)
await server.close()
process.exit(toldApart === 0 ? 0 : 1)
