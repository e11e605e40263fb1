/** Text with shell variables in it: what stands there, and names of variables, in turns. */
export type Template = readonly (string | { readonly variable: string })[]

/** What a line of curl sends. */
export interface Sent {
  readonly method: string
  readonly url: string
  readonly headers: readonly (readonly [name: string, value: Template])[]
  readonly basic: readonly [name: Template, password: Template] | null
  /** Members of a JSON object, or fields of a form. */
  readonly body: { readonly kind: 'json' | 'form'; readonly members: readonly Member[] } | null
  /** The file that cookies are kept in, and what is done with it. */
  readonly cookies: { readonly file: string; readonly action: 'keep' | 'send' } | null
}

export interface Member {
  readonly name: string
  /** Text may hold variables; numbers and the like are as they stand. */
  readonly value: Template | number | boolean | null
}

/** One word of a line: quotes are gone, variables are known. Null for what these lines do not have. */
function wordsOf(line: string): readonly Template[] | null {
  const words: Template[] = []
  let word: (string | { variable: string })[] | null = null
  let quote = ''
  const add = (text: string) => {
    word ??= []
    const last = word.at(-1)
    if (typeof last === 'string') word[word.length - 1] = last + text
    else word.push(text)
  }
  for (let at = 0; at < line.length; at += 1) {
    const char = line.charAt(at)
    const variable = quote === "'" ? null : /^\$([A-Z][A-Z0-9_]*)/.exec(line.slice(at))
    if (variable?.[1] !== undefined) {
      word ??= []
      word.push({ variable: variable[1] })
      at += variable[0].length - 1
    } else if (char === '\\' && quote !== "'") {
      at += 1
      add(line.charAt(at))
    } else if (char === quote) quote = ''
    else if (quote === '' && (char === '"' || char === "'")) {
      quote = char
      add('')
    } else if (quote === '' && /\s/.test(char)) {
      if (word !== null) words.push(word)
      word = null
    } else if (quote !== "'" && /[$`]/.test(char)) return null
    else add(char)
  }
  if (word !== null) words.push(word)
  return quote === '' ? words : null
}

const plain = (template: Template): string | null =>
  template.every((part) => typeof part === 'string') ? template.join('') : null

/** `name<mark>value`, where the name holds no variable. */
function split(template: Template, mark: string): readonly [string, Template] | null {
  const [first, ...rest] = template
  if (typeof first !== 'string' || !first.includes(mark)) return null
  const at = first.indexOf(mark)
  const value = first.slice(at + mark.length)
  return [first.slice(0, at), value === '' ? rest : [value, ...rest]]
}

/** A pair where both may be variables, as `-u "$KEY_ID:$KEY_SECRET"` has it. */
function splitPair(template: Template): readonly [Template, Template] | null {
  const at = template.findIndex((part) => typeof part === 'string' && part.includes(':'))
  const part = template[at]
  if (typeof part !== 'string') return null
  const [before = '', ...after] = part.split(':')
  const text = (each: string) => (each === '' ? [] : [each])
  return [
    [...template.slice(0, at), ...text(before)],
    [...text(after.join(':')), ...template.slice(at + 1)],
  ]
}

/** Stands for a variable inside JSON, where nothing of ours has such a character. */
const sign = '\u0001'

function jsonMembers(body: Template): readonly Member[] | null {
  const text = body.map((part) => (typeof part === 'string' ? part : `${sign}${part.variable}${sign}`)).join('')
  let parsed: unknown
  try {
    // Control characters may not stand bare in JSON.
    parsed = JSON.parse(text.replaceAll(sign, '\\u0001'))
  } catch {
    return null
  }
  if (typeof parsed !== 'object' || parsed === null) return null
  const members: Member[] = []
  for (const [name, value] of Object.entries(parsed)) {
    if (typeof value === 'string') {
      const parts = value.split(sign).map((part, index) => (index % 2 === 0 ? part : { variable: part }))
      members.push({ name, value: parts.filter((part) => part !== '') })
    } else if (typeof value === 'number' || typeof value === 'boolean' || value === null) members.push({ name, value })
    else return null
  }
  return members
}

/** Reads a line of `/api/help`. Null where it has something that is not known here: then there is only the line itself. */
export function readCurl(line: string): Sent | null {
  const words = wordsOf(line)
  if (words === null || plain(words[0] ?? []) !== 'curl') return null
  let url: string | null = null
  let method: string | null = null
  let basic: Sent['basic'] = null
  let data: Template | null = null
  let cookies: Sent['cookies'] = null
  const headers: (readonly [string, Template])[] = []
  for (let at = 1; at < words.length; at += 1) {
    const word = plain(words[at] ?? [])
    const next = words[at + 1] ?? []
    if (word === null) return null
    if (word === '-sS') continue
    if (!word.startsWith('-')) {
      if (url !== null) return null
      url = word
      continue
    }
    at += 1
    const text = plain(next)
    if (word === '-X' && text !== null) method = text
    else if (word === '-d') data = next
    else if (word === '-u') {
      basic = splitPair(next)
      if (basic === null) return null
    } else if (word === '-H') {
      const header = split(next, ': ')
      if (header === null) return null
      headers.push(header)
    } else if ((word === '-c' || word === '-b') && text !== null)
      cookies = { file: text, action: word === '-c' ? 'keep' : 'send' }
    else return null
  }
  if (url === null) return null
  const isJson = headers.some(([name, value]) => /^content-type$/i.test(name) && plain(value) === 'application/json')
  const body = data === null ? null : bodyOf(data, isJson)
  if (data !== null && body === null) return null
  const shown = headers.filter(([name]) => body === null || !/^content-type$/i.test(name))
  return { method: method ?? (body === null ? 'GET' : 'POST'), url, headers: shown, basic, body, cookies }
}

function bodyOf(data: Template, isJson: boolean): Sent['body'] {
  if (isJson) {
    const members = jsonMembers(data)
    return members === null ? null : { kind: 'json', members }
  }
  const field = split(data, '=')
  return field === null ? null : { kind: 'form', members: [{ name: field[0], value: field[1] }] }
}
