import { useState } from 'react'

let taken: string | null = null

/** The token of the link that was opened. It leaves the address bar and the history: nobody finds it there later. */
function take(name: string): string {
  const token = new URLSearchParams(location.hash.slice(1)).get(name)
  if (token === null) return taken ?? ''
  taken = token
  history.replaceState(history.state, '', location.pathname + location.search)
  // The same page opened with another link.
  addEventListener('hashchange', () => location.reload(), { once: true })
  return token
}

/** Empty where the link was cut off. */
export function useLinkToken(name: 'token' | 'code' = 'token'): string {
  const [token] = useState(() => take(name))
  return token
}
