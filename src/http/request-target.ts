/*
 * What a request's address names, read from the target as it was sent and never from a URL that somebody normalised:
 * whoever stands behind us may read the same text in another way. What can be read in two ways is refused, not guessed.
 */

export interface PlainPath {
  /** Percent-decoded; begins with `/`. */
  readonly path: string
  /**
   * The same without all that some servers pass over: letter case, compatibility forms, a slash at the end, dots and
   * blanks at the end of a part. The root is empty.
   */
  readonly folded: string
}

const longest = 8192
/** What needs no decoding: RFC 3986, section 3.3, without `;`; and what browsers send bare. */
const plain = /^[A-Za-z0-9\-._~!$&'()*+,=:@[\]|/]*$/
const raw = /^[A-Za-z0-9\-._~!$&'()*+,=:@[\]|/%]*$/
/** Parts that are empty, or nothing but dots (`.` and `..` move, and some servers take more dots for less). */
const oddParts = /\/\/|\/\.+(?:\/|$)/
/**
 * After decoding: separators, parameters, what a second decoding would take up, control characters. An encoded slash is
 * told from a plain one by looking at each part alone.
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const hidden = /[/\\;%?#\u0000-\u001F\u007F-\u009F]/
const trailing = /[. ]+$/
/** What folding takes away of a path in ASCII, beside its case. */
const ends = /\.(?:\/|$)|\/$/

/** The path of a request target (RFC 9112, section 3.2.1); null: not in origin form, or not plain. */
export function readPath(target: string): PlainPath | null {
  const query = target.indexOf('?')
  const sent = query < 0 ? target : target.slice(0, query)
  if (sent.length > longest || !sent.startsWith('/') || oddParts.test(sent)) return null
  if (plain.test(sent)) return { path: sent, folded: ends.test(sent) ? fold(sent) : sent.toLowerCase() }
  if (!raw.test(sent)) return null
  const parts: string[] = []
  for (const part of sent.split('/')) {
    const decoded = decode(part)
    if (decoded === null) return null
    parts.push(decoded)
  }
  const path = parts.join('/')
  return oddParts.test(path) || oddParts.test(path.normalize('NFKC')) ? null : { path, folded: fold(path) }
}

/** Null: cut or invalid escapes, bytes that are no UTF-8 (overlong forms are none), or something hidden. */
function decode(part: string): string | null {
  if (!part.includes('%')) return part
  let decoded: string
  try {
    decoded = decodeURIComponent(part)
  } catch {
    return null
  }
  return hidden.test(decoded) || hidden.test(decoded.normalize('NFKC')) ? null : decoded
}

function fold(path: string): string {
  const parts = path.normalize('NFKC').toUpperCase().toLowerCase().split('/')
  const folded = parts.map((part) => part.replace(trailing, '')).join('/')
  return folded.endsWith('/') ? folded.slice(0, -1) : folded
}

const plainQuery = /^[^?]*(?:\?[\x21\x22\x24-\x7E]*)?$/

/** No blank, no control character, no fragment behind the path. */
export const hasPlainQuery = (target: string): boolean => plainQuery.test(target)

/** A host name or address in lower case, without port and without a closing dot; null for anything else. */
export function readHost(text: string): string | null {
  const [, name] = /^(\[[0-9a-fA-F:.]{2,45}\]|[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*\.?)(?::\d{1,5})?$/.exec(text) ?? []
  if (name === undefined || name.length > 254) return null
  return name.toLowerCase().replace(/\.$/, '')
}

/** Upper-case names only: `get` is another method than `GET` (RFC 9110, section 9.1), and some servers disagree. */
export function readMethod(text: string): string | null {
  return /^[A-Z][A-Z-]{0,31}$/.test(text) ? text : null
}

export const isSafeMethod = (method: string): boolean => method === 'GET' || method === 'HEAD'
