/** Members of a parsed JSON object; what they hold is not known yet. */
export type JsonObject = Readonly<Record<string, unknown>>

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Position behind the string literal that begins at `start`. */
function endOfString(json: string, start: number): number {
  let at = start + 1
  while (at < json.length && json[at] !== '"') at += json[at] === '\\' ? 2 : 1
  return at + 1
}

/** True when some object in it names a member twice, escapes undone. Expects text that JSON.parse accepts. */
function repeatsMember(json: string): boolean {
  const open: Set<string>[] = []
  // The string that stands right before the present place. With a colon behind it, it was a member's name.
  let last = ''
  let at = 0
  while (at < json.length) {
    const sign = json[at]
    if (sign === '"') {
      const end = endOfString(json, at)
      last = json.slice(at, end)
      at = end
      continue
    }
    if (sign === '{' || sign === '[') open.push(new Set())
    else if (sign === '}' || sign === ']') open.pop()
    else if (sign === ':') {
      const name = String(JSON.parse(last))
      const names = open.at(-1)
      if (names?.has(name)) return true
      names?.add(name)
    }
    at += 1
  }
  return false
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/**
 * A JSON object from UTF-8, or null: for invalid UTF-8, a byte order mark, anything but an object, and a member named
 * twice. JSON.parse would take the last of two and another reader the first, and both would believe the signature
 * (RFC 7515, section 4 and RFC 7519, section 4 let us refuse).
 */
export function parseJsonObject(bytes: Uint8Array): JsonObject | null {
  try {
    const text = utf8.decode(bytes)
    const value: unknown = JSON.parse(text)
    return isObject(value) && !repeatsMember(text) ? value : null
  } catch {
    return null
  }
}
