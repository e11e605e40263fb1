import type { Api } from './api.ts'

const isParameter = (segment: string): boolean => segment.startsWith(':')

function meet(one: string, other: string): boolean {
  const [a, b] = [one.split('/'), other.split('/')]
  return a.length === b.length && a.every((part, at) => part === b[at] || isParameter(part) || isParameter(b[at] ?? ''))
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
