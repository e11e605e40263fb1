import { createPrivateKey, sign } from 'node:crypto'
import { type CryptoKey, calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK } from 'jose'
import { CardeaError } from '../errors.ts'

/**
 * The algorithms that tokens are signed with: all asymmetric, so that no public key can ever serve as a shared secret.
 * `members` are those that make up the public key, `fixed` what they must say, `digest` what OpenSSL is told to sign with.
 */
export const signingAlgorithms = {
  ES256: { digest: 'sha256', generate: {}, fixed: { kty: 'EC', crv: 'P-256' }, members: ['kty', 'crv', 'x', 'y'] },
  EdDSA: {
    digest: null,
    generate: { crv: 'Ed25519' },
    fixed: { kty: 'OKP', crv: 'Ed25519' },
    members: ['kty', 'crv', 'x'],
  },
  RS256: { digest: 'sha256', generate: { modulusLength: 2048 }, fixed: { kty: 'RSA' }, members: ['kty', 'n', 'e'] },
} as const satisfies Record<string, SigningAlgorithmRow>

interface SigningAlgorithmRow {
  readonly digest: string | null
  readonly generate: { readonly crv?: string; readonly modulusLength?: number }
  readonly fixed: Readonly<Record<string, string>>
  readonly members: readonly string[]
}

export type SigningAlgorithm = keyof typeof signingAlgorithms

/** A JSON Web Key (RFC 7517); all members of the kinds we use are text. */
export type Jwk = Readonly<Record<string, string>>

export interface GeneratedSigningKey {
  /** RFC 7638 thumbprint of the public key. */
  readonly kid: string
  readonly alg: SigningAlgorithm
  /** With `kid`, `alg` and `use`, as the JWKS shows it. */
  readonly publicJwk: Jwk
  /** Secret: store it boxed only. */
  readonly privateJwk: Jwk
}

export interface SigningKeyMaterial {
  readonly kid: string
  readonly alg: SigningAlgorithm
  readonly publicKey: CryptoKey
  /**
   * The signature over some bytes as a JWS holds it (RFC 7518, section 3); null where the key only verifies. The private
   * half is nowhere else. It signs right here: with ES256 that takes less than to hand it to another thread, where it
   * would wait behind the hashing of passwords.
   */
  readonly sign: ((bytes: Uint8Array) => Buffer) | null
}

export interface SigningKeyRecord {
  readonly alg: string
  readonly kid: string
  readonly publicJwk: unknown
  readonly privateJwk?: unknown
}

const minModulusBits = 2048
/** Private members of the key types (RFC 7518, section 6; RFC 8037, section 2). */
const privateMembers = ['d', 'p', 'q', 'dp', 'dq', 'qi']

export function isSigningAlgorithm(text: string): text is SigningAlgorithm {
  return Object.hasOwn(signingAlgorithms, text)
}

/** The named members of a JWK that came from outside; those that are not there or no text are left out. */
function pick(jwk: unknown, members: readonly string[]): Jwk {
  if (typeof jwk !== 'object' || jwk === null) return {}
  return Object.fromEntries(
    Object.entries(jwk).filter(
      (entry): entry is [string, string] => members.includes(entry[0]) && typeof entry[1] === 'string',
    ),
  )
}

/** A new key pair. */
export async function generateSigningKey(alg: SigningAlgorithm): Promise<GeneratedSigningKey> {
  const { generate, members } = signingAlgorithms[alg]
  const pair = await generateKeyPair(alg, { ...generate, extractable: true })
  const publicPart = pick(await exportJWK(pair.publicKey), members)
  const kid = await calculateJwkThumbprint(publicPart)
  const extra = { kid, alg, use: 'sig' }
  return {
    kid,
    alg,
    publicJwk: { ...publicPart, ...extra },
    privateJwk: { ...pick(await exportJWK(pair.privateKey), [...members, ...privateMembers]), ...extra },
  }
}

/**
 * A stored key made ready for use. CardeaError `internal` when the algorithm is unknown, the key is of another kind
 * than its algorithm, RSA has less than 2048 bits, or the two halves do not belong together.
 */
export async function importSigningKey(record: SigningKeyRecord): Promise<SigningKeyMaterial> {
  const { alg, kid } = record
  function fail(why: string, cause?: unknown): never {
    throw new CardeaError('internal', { internal: `signing key ${kid}: ${why}`, cause })
  }
  if (!isSigningAlgorithm(alg)) fail('unknown algorithm')
  const { fixed, members, digest } = signingAlgorithms[alg]
  const publicPart = pick(record.publicJwk, members)
  const privatePart =
    record.privateJwk === undefined || record.privateJwk === null
      ? null
      : pick(record.privateJwk, [...members, ...privateMembers])
  for (const part of privatePart === null ? [publicPart] : [publicPart, privatePart]) {
    for (const [member, value] of Object.entries(fixed)) {
      if (part[member] !== value) fail(`is no key for ${alg}`)
    }
  }
  try {
    const publicKey = await importPublic(publicPart, alg)
    const privateKey = privatePart === null ? null : createPrivateKey({ key: privatePart, format: 'jwk' })
    if (publicKey.type !== 'public') fail('its public half is not public')
    if (privateKey !== null) {
      // A thumbprint covers the public members only, which the private half repeats.
      const ours = await calculateJwkThumbprint(pick(privatePart, members))
      if (ours !== (await calculateJwkThumbprint(publicPart))) fail('its halves do not belong together')
    }
    if (alg === 'RS256' && modulusBits(publicKey) < minModulusBits) fail('RSA with less than 2048 bits')
    if (privateKey === null) return { kid, alg, publicKey, sign: null }
    const how = { key: privateKey, dsaEncoding: 'ieee-p1363' } as const
    return { kid, alg, publicKey, sign: (bytes) => sign(digest, bytes, how) }
  } catch (cause) {
    if (cause instanceof CardeaError) throw cause
    return fail('cannot be imported', cause)
  }
}

async function importPublic(jwk: Jwk, alg: SigningAlgorithm): Promise<CryptoKey> {
  const key = await importJWK(jwk, alg, { extractable: true })
  if (key instanceof Uint8Array) throw new TypeError('symmetric key')
  return key
}

function modulusBits(key: CryptoKey): number {
  const { algorithm } = key
  return 'modulusLength' in algorithm && typeof algorithm.modulusLength === 'number' ? algorithm.modulusLength : 0
}
