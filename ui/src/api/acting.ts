/*
 * An administrator acts as somebody else in this tab, for a quarter of an hour, with a token that lives nowhere but here.
 * Their own session stays in the cookie, where no script sees it.
 */

export interface Acting {
  readonly token: string
  readonly userId: string
  readonly username: string
  /** ISO time. */
  readonly until: string
}

const place = 'cardea-acting'

function read(): Acting | null {
  const text = sessionStorage.getItem(place)
  if (text === null) return null
  try {
    const found: Acting = JSON.parse(text)
    return Date.parse(found.until) > Date.now() ? found : null
  } catch {
    return null
  }
}

/** As whom this tab acts; null: as whoever is signed in. Fixed while the page stands. */
export const acting: Acting | null = read()

export interface Begun {
  readonly access_token: string
  readonly expires_in: number
  readonly user: { readonly id: string; readonly username: string }
}

/** Loads the console anew as that user. Does not answer: the page goes. */
export function act({ access_token: token, expires_in: seconds, user }: Begun): Promise<never> {
  const until = new Date(Date.now() + seconds * 1000).toISOString()
  const next: Acting = { token, userId: user.id, username: user.username, until }
  sessionStorage.setItem(place, JSON.stringify(next))
  location.assign('/console/')
  return new Promise(() => {})
}

/** Loads the console anew as oneself, where it was begun. The token has to be dead, or is not good any more. */
export function leaveActing(): void {
  sessionStorage.removeItem(place)
  location.assign(acting === null ? '/console/' : `/console/admin/users/${acting.userId}`)
}
