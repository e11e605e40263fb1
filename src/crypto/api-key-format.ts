import { crc32 } from 'node:zlib'

const prefix = 'cardea_'
const idShape = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}'
const shape = new RegExp(`^${prefix}(${idShape})_([0-9a-f]{64})([0-9a-f]{8})$`)

/** What an API key consists of: a public id to look it up by, and a secret. */
export interface ApiKeyParts {
  /** UUID, lower case. */
  readonly id: string
  /** 64 hex digits, lower case. */
  readonly secret: string
}

function checksum(id: string, secret: string): string {
  return crc32(`${id}_${secret}`).toString(16).padStart(8, '0')
}

/**
 * The one-string form, `cardea_<id>_<secret><checksum>`: known on sight by people and by scanners for leaked secrets.
 * TypeError when the parts have not the form of a key.
 */
export function formatApiKey(id: string, secret: string): string {
  const text = `${prefix}${id}_${secret}${checksum(id, secret)}`
  if (!shape.test(text)) throw new TypeError('apiKey: the id is a UUID and the secret 64 hex digits, lower case')
  return text
}

/**
 * The parts, or null for anything that was not made by `formatApiKey`. The checksum is no secret and proves nothing;
 * it finds every single wrong character and so spares the look-up of a key that was typed or cut wrongly.
 */
export function parseApiKey(text: string): ApiKeyParts | null {
  const [, id, secret, sum] = shape.exec(text) ?? []
  if (id === undefined || secret === undefined || sum === undefined) return null
  return checksum(id, secret) === sum ? { id, secret } : null
}

/** True when the text claims to be a key of ours, well-formed or not. */
export function looksLikeApiKey(text: string): boolean {
  return text.startsWith(prefix)
}
