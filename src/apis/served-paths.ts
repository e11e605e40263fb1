/**
 * Whether a route stands at a path, whatever the method. `patterns` are written as routes are (`:name`, `*` at the end); the
 * path is the one that was sent, nothing decoded: what is spelled otherwise is somebody else's.
 */
export function createPathCheck(patterns: readonly string[]): (path: string) => boolean {
  const literal = new Set(patterns.filter((pattern) => !/[:*]/.test(pattern)))
  const open = patterns.filter((pattern) => /[:*]/.test(pattern)).map((pattern) => pattern.split('/'))
  return (path) => {
    if (literal.has(path)) return true
    const parts = path.split('/')
    return open.some((pattern) => {
      const hasRest = pattern.at(-1) === '*'
      if (hasRest ? parts.length < pattern.length : parts.length !== pattern.length) return false
      return pattern.every(
        (part, at) => part === '*' || part === parts[at] || (part.startsWith(':') && parts[at] !== ''),
      )
    })
  }
}
