/* A store with many API keys, and how long it takes to check one that was not used before. */
import Database from 'better-sqlite3'
import { apiKeyHash } from '../src/core/keys.ts'
import { formatApiKey } from '../src/crypto/api-key-format.ts'
import { hexToken, uuidv4 } from '../src/crypto/random.ts'
import { sqliteFile } from '../src/store/open.ts'
import { makeUser, openGuest, origin } from './house.ts'
import { readWish, residentMb, serveQuestions } from './processes.ts'

export interface ColdKeysWish {
  readonly dataDir: string
  readonly keys: number
}

export interface ColdKeys {
  /** Milliseconds of each check. */
  readonly millis: readonly number[]
  readonly residentMb: number
  readonly cached: number
}

const { dataDir, keys } = readWish<ColdKeysWish>()
const house = await openGuest(dataDir)
const { core, keyTree } = house
await core.feed.start()
const user = await makeUser(house, 'alice')
const pattern = await core.keys.issueFor(user, { name: 'pattern' }, origin)
const tokens: string[] = []
fill()

/** Copies of a key that the product made, each with an id and a secret of its own, written past the store. */
function fill(): void {
  const database = new Database(sqliteFile(dataDir))
  const row = database
    .prepare<[string], Record<string, unknown>>('select * from keys where id = ?')
    .get(pattern.record.id)
  if (row === undefined) throw new Error('the key is not in the file')
  const columns = Object.keys(row)
  const insert = database.prepare(
    `insert into keys (${columns.join()}) values (${columns.map((name) => `@${name}`).join()})`,
  )
  const pepper = keyTree.current('key-pepper')
  const every = Math.max(1, Math.floor(keys / 2000))
  database.transaction(() => {
    for (let number = 1; number < keys; number += 1) {
      const id = uuidv4()
      const isTried = number % every === 0
      const secret = isTried ? hexToken(32) : ''
      // Those that are never tried need a hash of the right length only.
      const secretHash = isTried ? apiKeyHash(pepper.bytes, id, secret) : hexToken(32)
      insert.run({ ...row, id, secret_hash: secretHash, pepper_id: pepper.id })
      if (isTried) tokens.push(formatApiKey(id, secret))
    }
  })()
  database.pragma('wal_checkpoint(truncate)')
  database.close()
}

/** Checks each of the next keys for the first time. */
async function check(count: number): Promise<ColdKeys> {
  const millis: number[] = []
  for (const text of tokens.splice(0, count)) {
    const begun = performance.now()
    const verdict = await core.guard.authenticate([{ via: 'key', text }], ['api-key'], origin)
    millis.push(performance.now() - begun)
    if (!verdict.ok) throw new Error(`a good key was refused: ${verdict.code}`)
  }
  return { millis, residentMb: residentMb(process.pid), cached: core.guard.cacheSize() }
}

serveQuestions(
  'ready',
  (count) => check(Number(count)),
  () => house.close(),
)
