import type { Api } from './api.ts'

const isParameter = (segment: string): boolean => segment.startsWith(':')

function meet(one: string, other: string): boolean {
  const [a, b] = [one.split('/'), other.split('/')]
  if (a.at(-1) === '*' || b.at(-1) === '*') return meetsBelow(a, b)
  return a.length === b.length && a.every((part, at) => part === b[at] || isParameter(part) || isParameter(b[at] ?? ''))
}

/** One of them is all that lies below a path: whether some address fits both. */
function meetsBelow(a: readonly string[], b: readonly string[]): boolean {
  const shared = Math.min(...[a, b].map((parts) => (parts.at(-1) === '*' ? parts.length - 1 : parts.length)))
  const reaches = [a, b].every((parts) => parts.at(-1) === '*' || parts.length > shared)
  return (
    reaches && a.slice(0, shared).every((part, at) => part === b[at] || isParameter(part) || isParameter(b[at] ?? ''))
  )
}

/** Routes whose addresses can lie at or below a path that is somebody else's. */
export function routesUnder(apis: readonly Api[], prefix: string): readonly string[] {
  const all = apis.flatMap((api) =>
    api.routes.map(({ method, path }) => ({ name: `${api.name} ${method} ${path}`, path })),
  )
  return all.filter(({ path }) => meet(path, prefix) || meet(path, `${prefix}/*`)).map(({ name }) => name)
}

/**
 * Addresses that two routes would answer: paths of different APIs that some address fits both of, whatever the method
 * (each API answers for all methods of its paths), and a method and path that one API has twice.
 */
export function findOverlaps(apis: readonly Api[]): readonly string[] {
  const all = apis.flatMap((api) => api.routes.map(({ method, path }) => ({ api, method, path })))
  return all.flatMap((one, index) =>
    all
      .slice(index + 1)
      .filter((other) =>
        one.api === other.api ? one.method === other.method && one.path === other.path : meet(one.path, other.path),
      )
      .map((other) => `${one.api.name} ${one.method} ${one.path} and ${other.api.name} ${other.method} ${other.path}`),
  )
}
