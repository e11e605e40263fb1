const hidden = '(hidden)'

/** Members whose value is a secret, whatever it looks like; compared without case, `-` and `_`. */
const secretNames = new Set(
  [
    'password',
    'newPassword',
    'currentPassword',
    'passphrase',
    'secret',
    'token',
    'accessToken',
    'refreshToken',
    'mfaTicket',
    'ticket',
    'setUpCode',
    'setupCode',
    'recoveryCode',
    'recoveryCodes',
  ]
    .concat([
      'authorization',
      'proxyAuthorization',
      'cookie',
      'setCookie',
      'apiKey',
      'xApiKey',
      'privateKey',
      'privateJwk',
      'databaseUrl',
      'smtpUrl',
      'clientSecret',
    ])
    .map(bare),
)

/**
 * Texts in the shape of a credential of ours, wherever they stand: API keys, JWTs, `<uuid>[.<generation>].<secret>`, what a
 * query calls a key, credentials of headers and addresses.
 */
const shapes = [
  /cardea_[0-9a-f-]{8,}_[\w-]{16,}/gi,
  /eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*/g,
  /([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})(\.\d+)?\.[\w-]{32,}/gi,
  /(?<=[?&](apikey|access_token|reset)(\[[^\]=]*\])?=)[^&#\s"']+/gi,
  /\b(Basic|Bearer|ApiKey)\s+[\w+/=.~-]{8,}/gi,
  /\/\/[^/\s:@]*:[^/\s@]+@/g,
]

function bare(name: string): string {
  return name.toLowerCase().replace(/[-_]/g, '')
}

/** A text without the secrets that can be told by their shape. */
export function redactText(text: string): string {
  return shapes.reduce((left, shape) => left.replace(shape, hidden), text)
}

/** A copy that is fit for a log line: secrets hidden by name and by shape, errors spelled out, depth and length bounded. */
export function redact(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return redactText(value.length > 4000 ? `${value.slice(0, 4000)}...` : value)
  if (typeof value === 'bigint') return String(value)
  if (typeof value !== 'object' || value === null)
    return typeof value === 'function' || typeof value === 'symbol' ? undefined : value
  if (depth > 5) return '(deeper)'
  if (value instanceof Error) return redactError(value, depth)
  if (ArrayBuffer.isView(value)) return `(${value.byteLength} bytes)`
  if (Array.isArray(value)) return value.slice(0, 100).map((item) => redact(item, depth + 1))
  return Object.fromEntries(
    Object.entries(value)
      .slice(0, 100)
      .map(([name, member]) => [
        name,
        secretNames.has(bare(name)) && member !== null && member !== undefined ? hidden : redact(member, depth + 1),
      ]),
  )
}

function redactError(error: Error, depth: number): unknown {
  const { name, message, stack, cause } = error
  const { code, detail } = error as { code?: unknown; detail?: unknown }
  const internal = typeof detail === 'object' && detail !== null && 'internal' in detail ? detail.internal : undefined
  return {
    name,
    message: redactText(message),
    ...(typeof code === 'string' ? { code } : {}),
    ...(typeof internal === 'string' ? { internal: redactText(internal) } : {}),
    ...(stack === undefined ? {} : { stack: redactText(stack) }),
    ...(cause === undefined ? {} : { cause: redact(cause, depth + 1) }),
  }
}
