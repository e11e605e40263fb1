import { client } from './client.ts'

/** A credential that was made in this page just now. It is in memory only, and gone with the page or the session. */
export type Made =
  | { readonly kind: 'private-token'; readonly name: string; readonly token: string }
  | {
      readonly kind: 'api-key'
      readonly name: string
      readonly token: string
      readonly id: string
      readonly secret: string
    }

const made = new Map<Made['kind'], Made>()

client.onChange((user) => {
  if (user === null) made.clear()
})

export function noteMade(next: Made): void {
  made.set(next.kind, next)
}

export const lastMade = (kind: Made['kind']): Made | undefined => made.get(kind)

export interface Tried {
  readonly status: number
  readonly body: string
}

/** Ways of sending a credential, as `/api/help` names them. */
export type Sending = 'bearer' | 'api-key' | 'x-api-key' | 'basic' | 'cookie'

/** Really calls `/auth/me`: with the credential alone, as a program elsewhere would, or with the session of this page. */
export async function tryWith(sending: Sending, credential: Made | null): Promise<Tried> {
  const headers = new Headers({ Accept: 'application/json' })
  if (credential !== null) {
    const { token } = credential
    if (sending === 'bearer') headers.set('Authorization', `Bearer ${token}`)
    if (sending === 'api-key') headers.set('Authorization', `ApiKey ${token}`)
    if (sending === 'x-api-key') headers.set('X-API-Key', token)
    if (sending === 'basic' && credential.kind === 'api-key')
      headers.set('Authorization', `Basic ${btoa(`${credential.id}:${credential.secret}`)}`)
  }
  const answer = await fetch('/auth/me', {
    headers,
    cache: 'no-store',
    credentials: sending === 'cookie' ? 'same-origin' : 'omit',
  })
  const text = await answer.text()
  return { status: answer.status, body: pretty(text) }
}

function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2)
  } catch {
    return text
  }
}
