import { createCipheriv, createDecipheriv } from 'node:crypto'
import { CardeaError } from '../errors.ts'
import { decodeBase64url } from './base64url.ts'
import type { DerivedKey, KeyLabel, KeyTree } from './key-tree.ts'
import { randomBytes } from './random.ts'

/** Where a box belongs. It opens nowhere else, so whoever can write rows cannot swap boxes between them. */
export interface BoxContext {
  readonly table: string
  readonly row: string
  readonly purpose: string
}

const nonceBytes = 12
const tagBytes = 16
const shape = /^v1\.([0-9a-f]{8})\.([A-Za-z0-9_-]{16})\.([A-Za-z0-9_-]{22,})$/

/** JSON quotes and escapes, so no two contexts give one text. */
function associatedData(keyId: string, { table, row, purpose }: BoxContext): Buffer {
  return Buffer.from(JSON.stringify(['cardea-box', 1, keyId, table, row, purpose]))
}

/**
 * Encrypts with AES-256-GCM under a fresh random nonce: `v1.<key id>.<nonce>.<ciphertext and tag>`, base64url. Random
 * nonces of 96 bits are safe for 2^32 boxes under one key (NIST SP 800-38D, section 8.3), far more than one server makes.
 */
export function seal(key: DerivedKey, plaintext: Uint8Array | string, context: BoxContext): string {
  const nonce = randomBytes(nonceBytes)
  const cipher = createCipheriv('aes-256-gcm', key.bytes, nonce, { authTagLength: tagBytes })
  cipher.setAAD(associatedData(key.id, context))
  const body = Buffer.concat([cipher.update(Buffer.from(plaintext)), cipher.final(), cipher.getAuthTag()])
  return `v1.${key.id}.${nonce.toString('base64url')}.${body.toString('base64url')}`
}

/**
 * Opens a box with the key that its id names. CardeaError `internal` when it is malformed, its key is not configured,
 * it was changed, or it belongs to another context.
 */
export function open(tree: KeyTree, label: KeyLabel, box: string, context: BoxContext): Buffer {
  function fail(why: string): never {
    throw new CardeaError('internal', { internal: `box of ${context.table}/${context.purpose}: ${why}` })
  }
  const [, keyId, nonceText, bodyText] = shape.exec(box) ?? []
  const nonce = decodeBase64url(nonceText ?? '')
  const body = decodeBase64url(bodyText ?? '')
  if (keyId === undefined || nonce === null || body === null) fail('malformed')
  const key = tree.byId(label, keyId)
  if (key === null) fail(`no root secret gives the key ${keyId}`)
  const decipher = createDecipheriv('aes-256-gcm', key.bytes, nonce, { authTagLength: tagBytes })
  decipher.setAAD(associatedData(keyId, context))
  decipher.setAuthTag(body.subarray(-tagBytes))
  try {
    return Buffer.concat([decipher.update(body.subarray(0, -tagBytes)), decipher.final()])
  } catch {
    return fail('changed, or of another place')
  }
}

/** Id of the key that a box was sealed with; null when the text is no box. */
export function boxKeyId(box: string): string | null {
  return shape.exec(box)?.[1] ?? null
}
