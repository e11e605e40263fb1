const home = '/console/'

/**
 * Where to go after the sign-in: a path of this origin, whatever is asked for. What is not one of these is the start.
 * `//host`, `/\host` and anything with a scheme are other origins once a browser has read them.
 */
export function safeReturn(wish: string | null, origin: string = location.origin): string {
  if (wish === null || !wish.startsWith('/') || !URL.canParse(wish, origin)) return home
  const url = new URL(wish, origin)
  return url.origin === origin ? url.pathname + url.search + url.hash : home
}

/** Goes there: within the console by its router, elsewhere by loading the page. */
export function goTo(path: string, navigate: (path: string, options: { replace: boolean }) => void): void {
  const inside = path === '/console' || path.startsWith('/console/')
  if (inside) navigate(path.slice('/console'.length) || '/', { replace: true })
  else location.assign(path)
}
