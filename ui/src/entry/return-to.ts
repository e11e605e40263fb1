const home = '/console/'

/**
 * Where to go after the sign-in: a path of this origin, whatever is asked for. What is not one of these is the start.
 * `//host`, `/\host` and anything with a scheme are other origins once a browser has read them. So is what `/.//host` and
 * `/x/..//host` leave: a path of this origin that is a host when it is read again.
 */
export function safeReturn(wish: string | null, origin: string): string {
  if (wish === null || !wish.startsWith('/') || !URL.canParse(wish, origin)) return home
  const url = new URL(wish, origin)
  const isPath = url.origin === origin && !url.pathname.startsWith('//')
  return isPath ? url.pathname + url.search + url.hash : home
}
