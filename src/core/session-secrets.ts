import { equalText } from '../crypto/compare.ts'
import { hmac, hmacHex } from '../crypto/hash.ts'
import type { DerivedKey, KeyTree } from '../crypto/key-tree.ts'
import { randomToken } from '../crypto/random.ts'
import { formatRefreshToken, type RefreshTokenParts } from '../crypto/refresh-format.ts'
import type { Hash, Session } from './records.ts'

type Secretive = Pick<Session, 'id' | 'salt' | 'secretKeyId'>

/** What opaque credentials of sessions are made of and checked against. Nothing here reads or writes. */
export interface SessionSecrets {
  /** A new opaque secret with what is stored of it. */
  newOpaque(): { readonly secret: string; readonly secretHash: Hash; readonly secretKeyId: string }
  opaqueMatches(session: Pick<Session, 'secretHash' | 'secretKeyId'>, secret: string): boolean
  readonly refreshKeyId: string
  /**
   * The refresh token of a generation, always the same one: it is derived from the session and its salt, so that the
   * answer to a repeated request needs no stored secret. Null when the key it was made with is not configured any more.
   */
  refreshToken(session: Secretive, generation: number): { readonly token: string; readonly hash: Hash } | null
  /** Whether we made this token, whichever generation it is. */
  refreshMatches(session: Secretive, presented: RefreshTokenParts): boolean
}

export function createSessionSecrets({ keyTree }: { readonly keyTree: KeyTree }): SessionSecrets {
  const derive = (key: DerivedKey, session: Secretive, generation: number): string =>
    hmac(key.bytes, `${session.id}.${generation}.${session.salt}`).toString('base64url')

  return {
    newOpaque() {
      const secret = randomToken()
      const key = keyTree.current('session')
      return { secret, secretHash: hmacHex(key.bytes, secret), secretKeyId: key.id }
    },
    opaqueMatches({ secretHash, secretKeyId }, secret) {
      const key = keyTree.byId('session', secretKeyId)
      return key !== null && secretHash !== null && equalText(hmacHex(key.bytes, secret), secretHash)
    },
    get refreshKeyId() {
      return keyTree.current('refresh').id
    },
    refreshToken(session, generation) {
      const key = keyTree.byId('refresh', session.secretKeyId)
      if (key === null) return null
      const secret = derive(key, session, generation)
      return {
        token: formatRefreshToken({ sessionId: session.id, generation, secret }),
        hash: hmacHex(key.bytes, secret),
      }
    },
    refreshMatches(session, presented) {
      const key = keyTree.byId('refresh', session.secretKeyId)
      return key !== null && equalText(derive(key, session, presented.generation), presented.secret)
    },
  }
}
