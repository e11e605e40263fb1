import { isIP } from 'node:net'

/** What a value was found to be. `wrong` says what is right and never repeats the value. */
export type Reading<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly wrong: string }

/** A kind of setting: how it is read from the text of a variable or flag, and from a value in the configuration file. */
export interface Kind<T> {
  /** For the documentation, such as `whole number, 1 to 65535`. */
  readonly is: string
  fromText(text: string): Reading<T>
  fromValue(value: unknown): Reading<T>
}

export const good = <T>(value: T): Reading<T> => ({ ok: true, value })
export const bad = (wrong: string): { readonly ok: false; readonly wrong: string } => ({ ok: false, wrong })

/** A kind whose text form is its value: what `fromValue` says of the text counts. */
function textual<T>(is: string, check: (text: string) => Reading<T>): Kind<T> {
  return {
    is,
    fromText: check,
    fromValue: (value) => (typeof value === 'string' ? check(value) : bad(`must be text: ${is}`)),
  }
}

const control = /\p{Cc}|\p{Cf}|\p{Cs}/u

/** Any text without control characters. */
export function text(min = 1, max = 2000): Kind<string> {
  const is = `text of ${min} to ${max} characters`
  return textual(is, (value) =>
    value.length >= min && value.length <= max && !control.test(value)
      ? good(value)
      : bad(`must be ${is}, without control characters`),
  )
}

export function choice<const T extends string>(...values: readonly T[]): Kind<T> {
  const is = values.map((value) => `\`${value}\``).join(', ')
  return textual(is, (value) => {
    const found = values.find((candidate) => candidate === value)
    return found === undefined ? bad(`must be one of ${values.join(', ')}`) : good(found)
  })
}

export function integer(min: number, max: number): Kind<number> {
  const is = `whole number, ${min} to ${max}`
  const check = (value: unknown): Reading<number> =>
    typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max
      ? good(value)
      : bad(`must be a ${is}`)
  return { is, fromText: (value) => check(/^-?\d{1,15}$/.test(value) ? Number(value) : null), fromValue: check }
}

const booleans: Readonly<Record<string, boolean>> = {
  true: true,
  on: true,
  yes: true,
  '1': true,
  false: false,
  off: false,
  no: false,
  '0': false,
}

export const boolean: Kind<boolean> = {
  is: 'true or false',
  fromText(value) {
    const lower = value.toLowerCase()
    const found = Object.hasOwn(booleans, lower) ? booleans[lower] : undefined
    return found === undefined ? bad('must be true or false') : good(found)
  },
  fromValue: (value) => (typeof value === 'boolean' ? good(value) : bad('must be true or false')),
}

/** A list; in a variable its items are separated by commas or it is a JSON array. */
export function list<T>(item: Kind<T>, max = 100): Kind<readonly T[]> {
  const is = `list of: ${item.is}`
  function check(values: readonly unknown[], read: (value: unknown) => Reading<T>): Reading<readonly T[]> {
    if (values.length > max) return bad(`must have at most ${max} items`)
    const items: T[] = []
    for (const [index, value] of values.entries()) {
      const reading = read(value)
      if (!reading.ok) return bad(`item ${index + 1} ${reading.wrong}`)
      items.push(reading.value)
    }
    return good(items)
  }
  const fromValue = (value: unknown): Reading<readonly T[]> =>
    Array.isArray(value) ? check(value, item.fromValue) : bad(`must be a ${is}`)
  return {
    is,
    fromValue,
    fromText(value) {
      const trimmed = value.trim()
      if (trimmed.startsWith('[')) return fromJson(trimmed, fromValue)
      const parts = trimmed.split(',').map((part) => part.trim())
      return check(trimmed === '' ? [] : parts, (part) => item.fromText(String(part)))
    },
  }
}

/** Structured settings: in a variable they are JSON. What the parser says of a text may quote it, so it is not passed on. */
export function json<T>(is: string, fromValue: (value: unknown) => Reading<T>): Kind<T> {
  return { is, fromValue, fromText: (value) => fromJson(value, fromValue) }
}

function fromJson<T>(value: string, read: (value: unknown) => Reading<T>): Reading<T> {
  let parsed: unknown
  try {
    parsed = JSON.parse(value)
  } catch {
    return bad('is not valid JSON')
  }
  return read(parsed)
}

/** A setting that may be absent. In the file `null` says so; in a variable, leaving it out. */
export function optional<T>(kind: Kind<T>): Kind<T | null> {
  return {
    is: kind.is,
    fromText: kind.fromText,
    fromValue: (value) => (value === null ? good(null) : kind.fromValue(value)),
  }
}

function parseUrl(value: string, protocols: readonly string[]): URL | null {
  const url = control.test(value) || /\s/.test(value) ? null : URL.parse(value)
  return url !== null && protocols.includes(url.protocol) && url.host !== '' ? url : null
}

/** `https://auth.example.com`: scheme, host and port, nothing more; a closing slash is dropped. */
export const origin: Kind<string> = textual('`https://host` or `http://host:port`', (value) => {
  const url = parseUrl(value, ['http:', 'https:'])
  const plain =
    url !== null &&
    url.username === '' &&
    url.password === '' &&
    url.pathname === '/' &&
    url.search === '' &&
    url.hash === ''
  return url !== null && plain && !/[?#]$/.test(value)
    ? good(url.origin)
    : bad('must be http:// or https:// with a host and perhaps a port, without path, query or user')
})

/** `*`, or a list of origins. */
export const corsOrigins: Kind<readonly string[] | '*'> = {
  is: `${list(origin).is}; or \`*\``,
  fromText: (value) => (value.trim() === '*' ? good('*') : list(origin).fromText(value)),
  fromValue: (value) => (value === '*' ? good('*') : list(origin).fromValue(value)),
}

/** Nothing, or `/name` and more of these. */
export const pathPrefix: Kind<string> = textual('path such as `/name`, or nothing', (value) =>
  value === '' || (/^(?:\/[a-z0-9][a-z0-9_-]*){1,8}$/.test(value) && value.length <= 200)
    ? good(value)
    : bad('must be a path of lower-case letters, digits, - and _ without a closing slash, such as /name'),
)

export const cookiePrefix: Kind<string> = textual('name of letters, digits, - and _', (value) =>
  /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/.test(value)
    ? good(value)
    : bad('must be a name of 1 to 64 letters, digits, - and _'),
)

export const databaseUrl: Kind<string> = textual('`postgresql://user:password@host:port/database`', (value) =>
  parseUrl(value, ['postgres:', 'postgresql:']) === null
    ? bad('must be an address such as postgresql://user:password@host:5432/database')
    : good(value),
)

export const smtpUrl: Kind<string> = textual(
  '`smtp://user:password@host:587` or `smtps://user:password@host:465`',
  (value) => {
    const url = parseUrl(value, ['smtp:', 'smtps:'])
    return url !== null && isPercentEncoded(url.username) && isPercentEncoded(url.password)
      ? good(value)
      : bad('must be an address such as smtps://user:password@host:465, with special characters percent-encoded')
  },
)

function isPercentEncoded(value: string): boolean {
  try {
    decodeURIComponent(value)
    return true
  } catch {
    return false
  }
}

/** What the server listens on: a host name or an address. */
export const host: Kind<string> = textual('host name or address', (value) => {
  const bare = value.replace(/^\[(.*)\]$/, '$1')
  return isIP(bare) !== 0 || isHostName(value)
    ? good(isIP(bare) === 6 ? bare : value)
    : bad('must be a host name or an IP address')
})

export const hostName: Kind<string> = textual('host name without port', (value) =>
  isHostName(value) || isIP(value) === 4 || (/^\[.*\]$/.test(value) && isIP(value.slice(1, -1)) === 6)
    ? good(value.toLowerCase())
    : bad('must be a host name without scheme and port'),
)

function isHostName(value: string): boolean {
  return value.length <= 253 && /^[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*$/i.test(value)
}

/** An address or a CIDR block, as `trustedProxies` takes. */
export const network: Kind<string> = textual('IP address or CIDR block', (value) => {
  const [address = '', bits, ...rest] = value.split('/')
  const version = isIP(address)
  const right = bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 6 ? 128 : 32))
  return version !== 0 && right && rest.length === 0 && !address.includes('%')
    ? good(value)
    : bad('must be an IP address or a CIDR block such as 10.0.0.0/8')
})

/** `address@host` or `Name <address@host>`. */
export const mailbox: Kind<string> = textual('`Name <address@host>`', (value) =>
  !control.test(value) &&
  /^([^<>@,;:"\\]{1,100} )?<?[^\s<>@,;:"\\()[\]]{1,64}@[a-zA-Z0-9.-]{1,253}>?$/.test(value) &&
  value.includes('<') === value.endsWith('>')
    ? good(value)
    : bad('must be an address such as Cardea <no-reply@example.com>'),
)
