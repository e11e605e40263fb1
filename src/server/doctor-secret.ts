import type { Config } from '../config/config.ts'
import { openRootSecret, secretFile } from '../config/root-secret.ts'
import { demandFittingSecret, type RootUse, rootUses } from '../core/instance.ts'
import type { Store } from '../core/ports.ts'
import { createSigningKeyBoxes } from '../core/signing-key-box.ts'
import { createKeyTree, type KeyTree } from '../crypto/key-tree.ts'
import { systemClock } from './clock.ts'
import { type Check, good, lstatOrNull, note, reason, wrong } from './doctor-check.ts'

const name = 'secret'

/** Opens every box that a signing key is in, and tells what else hangs on which root secret. */
export async function examineSecret(config: Config, store: Store | null): Promise<readonly Check[]> {
  const source = config.secret === null ? secretFile(config) : 'CARDEA_SECRET or the configuration file'
  if (config.secret === null && (await lstatOrNull(secretFile(config))) === null) {
    const orphan = store !== null && (await store.signingKeys.list()).length > 0
    return [
      orphan
        ? wrong(name, `${secretFile(config)} is missing, but the database was made with one: put it back`)
        : note(name, 'there is none yet; the first start makes one'),
    ]
  }
  let keyTree: KeyTree
  try {
    const { current, previous } = await openRootSecret(config)
    keyTree = createKeyTree(current, previous)
  } catch (error) {
    return [wrong(name, reason(error))]
  }
  if (store === null) return [good(name, `read from ${source}`)]
  const boxes = createSigningKeyBoxes({ keyTree })
  const keys = (await store.signingKeys.list()).filter(({ revokedAt }) => revokedAt === null)
  for (const key of keys) {
    try {
      await boxes.material(key)
    } catch (error) {
      return [wrong(name, `${source} does not open signing key ${key.kid}: ${reason(error)}`)]
    }
  }
  try {
    await demandFittingSecret(store, keyTree)
  } catch (error) {
    return [wrong(name, `${source} does not fit: ${reason(error)}`)]
  }
  const uses = await rootUses({ store, clock: systemClock, keyTree })
  const dependent = uses.flatMap(toCheck)
  const opened =
    keys.length === 0 ? `read from ${source}` : `read from ${source}; it opens every signing key (${keys.length})`
  const idle = config.previousSecrets.length > 0 && !uses.some(({ state }) => state === 'previous')
  return [good(name, opened), ...dependent, ...(idle ? [note(name, superfluous)] : [])]
}

const superfluous =
  'nothing that can be counted depends on an earlier secret any more. Left are user names and addresses of deleted ' +
  'users, kept free for `lifetimes.nameReservation`, and places known to users: without it they count as free and as new'

const nouns: Readonly<Record<RootUse['what'], string>> = {
  'signing-key': 'signing key(s)',
  'second-factor': 'second factor(s)',
  'api-key': 'API key(s)',
  session: 'session(s)',
  'audit-event': 'audit event(s)',
}

/** What to do about things under an earlier secret. */
const ways: Readonly<Record<RootUse['what'], string>> = {
  'signing-key': 'are sealed under an earlier secret: npx --no cardea signing-key re-wrap',
  'second-factor': 'are sealed under an earlier secret: npx --no cardea signing-key re-wrap',
  'api-key': 'were made under an earlier secret: rotate each, or keep that secret',
  session: 'were opened under an earlier secret: they end by themselves, or with it',
  'audit-event': 'are chained under an earlier secret: they can be verified as long as it is there',
}

/** What is the matter with things whose secret is not configured. */
const losses: Readonly<Record<RootUse['what'], string>> = {
  'signing-key': 'are sealed under a secret that is not configured: put it into CARDEA_PREVIOUS_SECRETS',
  'second-factor': 'are sealed under a secret that is not configured: put it into CARDEA_PREVIOUS_SECRETS',
  'api-key':
    'were made under a secret that is not configured, and are refused: put it into CARDEA_PREVIOUS_SECRETS, or make them anew',
  session: 'were opened under a secret that is not configured, and are refused: their users sign in again',
  'audit-event':
    'are chained under a secret that is not configured, and cannot be verified: put it into CARDEA_PREVIOUS_SECRETS',
}

function toCheck({ what, state, count }: RootUse): readonly Check[] {
  if (state === 'current') return []
  if (state === 'previous') return [note(name, `${count} ${nouns[what]} ${ways[what]}`)]
  const tell = what === 'signing-key' || what === 'second-factor' ? wrong : note
  return [tell(name, `${count} ${nouns[what]} ${losses[what]}`)]
}
