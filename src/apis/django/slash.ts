import { type Method, type Route, route } from '../api.ts'
import { strikeCredentials } from './credential-queries.ts'

function withSlash(request: Request): string {
  const url = new URL(request.url)
  strikeCredentials(url.searchParams)
  return `${url.pathname}/${url.search}`
}

function redirect(method: Method, path: string): Route {
  return route(method, path, {
    tag: 'Slashes',
    summary: 'Leads to the same address with a slash at its end',
    takes: [],
    answers: { 301: { description: 'The address that was meant.' } },
    hidden: true,
    run: ({ request }) => ({ status: 301, headers: { Location: withSlash(request) } }),
  })
}

/**
 * The routes, and for each that ends in a slash the redirect that stands where it is left out, whatever the method
 * (clients then send a GET). Nothing is looked at before, not even a credential.
 */
export function withSlashRedirects(routes: readonly Route[]): readonly Route[] {
  const there = new Set(routes.map(({ path }) => path))
  const redirects = new Map<string, Route>()
  for (const { method, path } of routes) {
    const bare = path.slice(0, -1)
    if (!path.endsWith('/') || there.has(bare)) continue
    for (const each of new Set<Method>(['GET', method])) redirects.set(`${each} ${bare}`, redirect(each, bare))
  }
  return [...routes, ...redirects.values()]
}
