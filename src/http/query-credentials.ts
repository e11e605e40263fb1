/** Names of a query that hold a credential at one of our doors, or elsewhere. */
const credentialName = /^(?:api_?key|access_token)$/i

/** A request target without credentials in its query: what is passed on, or written into an address, holds none. */
export function withoutQueryCredentials(target: string): string {
  const start = target.indexOf('?')
  if (start < 0) return target
  const pairs = target.slice(start + 1).split('&')
  const kept = pairs.filter((pair) => !credentialName.test(nameOf(pair)))
  if (kept.length === pairs.length) return target
  const path = target.slice(0, start)
  return kept.length === 0 ? path : `${path}?${kept.join('&')}`
}

function nameOf(pair: string): string {
  return [...new URLSearchParams(pair).keys()][0] ?? ''
}
