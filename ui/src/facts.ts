/** What the server writes into the page: what has to be known before anything is asked for. */
export interface Facts {
  readonly version: string
  /** Without a trailing slash. */
  readonly public_url: string
  readonly sign_up: 'open' | 'invite' | 'closed'
  readonly confirm_email: boolean
  readonly needs_set_up: boolean
  readonly password: { readonly min_length: number; readonly max_length: number }
  readonly token_max_seconds: number
  readonly idle_seconds: number
  /** Swagger and Redoc are served. */
  readonly documents: boolean
}

function read(name: string): string {
  return document.querySelector<HTMLMetaElement>(`meta[name="${name}"]`)?.content ?? ''
}

export const facts: Facts = JSON.parse(read('cardea-facts'))

/** The first administrator was made just now. */
export function noteSetUp(): void {
  Object.assign(facts, { needs_set_up: false })
}

/** The nonce of this page, which styles that are written later need. Empty in development, where there is no policy. */
export const nonce = document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce ?? ''
