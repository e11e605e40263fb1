const loopback = /^(localhost|127(?:\.\d{1,3}){3}|\[::1\])$/

/** True for host names and addresses that only this machine can reach. */
export function isLoopbackHost(hostname: string): boolean {
  return loopback.test(hostname.toLowerCase())
}

/**
 * Which `Host` headers this server answers to: the public URL's, the configured ones, and loopback. Everything else
 * is 421 (RFC 9110, section 7.4): a page elsewhere that points its own name at us gets nothing.
 */
export function createHostCheck(publicUrl: string, allowed: readonly string[]): (host: string | null) => boolean {
  const names = new Set([new URL(publicUrl).hostname.toLowerCase(), ...allowed.map((name) => name.toLowerCase())])
  let lastGood: string | null = null
  return (host) => {
    if (host === null || host === lastGood) return true // null: HTTP/1.0 and embedded use, nothing was claimed
    const match = /^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9.-]+)(?::\d{1,5})?$/.exec(host)
    const name = match?.[1]?.toLowerCase().replace(/\.$/, '')
    const good = name !== undefined && (names.has(name) || isLoopbackHost(name))
    if (good) lastGood = host
    return good
  }
}
