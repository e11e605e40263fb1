import type { Member, Sent, Template } from './curl-line.ts'

export const languages = ['curl', 'javascript', 'python', 'httpie'] as const
export type Language = (typeof languages)[number]

type Printer = (sent: Sent) => string

/** Of an object on one line. */
const longest = 56

const indent = (lines: readonly string[], by: string): string => lines.map((line) => by + line).join('\n')

// ── JavaScript: an ES module for Node, nothing to install ───────────────────────────────────────────────────────────

const jsText = (text: string): string => `'${text.replace(/[\\']/g, '\\$&')}'`

function jsTemplate(template: Template): string {
  const [only] = template
  if (template.length === 0) return "''"
  if (template.length === 1 && only !== undefined)
    return typeof only === 'string' ? jsText(only) : `process.env.${only.variable}`
  const parts = template.map((part) =>
    typeof part === 'string' ? part.replace(/[\\`$]/g, '\\$&') : `\${process.env.${part.variable}}`,
  )
  return `\`${parts.join('')}\``
}

const jsName = (name: string): string => (/^[A-Za-z_]\w*$/.test(name) ? name : jsText(name))
const jsValue = ({ value }: Member): string => (Array.isArray(value) ? jsTemplate(value) : JSON.stringify(value))
const jsObject = (members: readonly (readonly [string, string])[]): string => {
  const parts = members.map(([name, value]) => `${jsName(name)}: ${value}`)
  const line = `{ ${parts.join(', ')} }`
  return line.length <= longest ? line : `{\n${parts.map((part) => `    ${part},\n`).join('')}  }`
}

const javascript: Printer = ({ method, url, headers, basic, body, cookies }) => {
  const all = headers.map(([name, value]) => [name, jsTemplate(value)] as const)
  if (basic !== null) {
    const pair = jsTemplate([...basic[0], ':', ...basic[1]])
    all.push(['Authorization', `\`Basic \${Buffer.from(${pair}).toString('base64')}\``])
  }
  if (body?.kind === 'json') all.push(['Content-Type', "'application/json'"])
  if (cookies?.action === 'send') all.push(['Cookie', 'process.env.COOKIE'])
  const members = (body?.members ?? []).map((member) => [member.name, jsValue(member)] as const)
  const options = [
    ...(method === 'GET' ? [] : [`method: '${method}',`]),
    ...(all.length === 0 ? [] : [`headers: ${jsObject(all)},`]),
    ...(body === null
      ? []
      : [`body: ${body.kind === 'json' ? 'JSON.stringify' : 'new URLSearchParams'}(${jsObject(members)}),`]),
  ]
  return [
    options.length === 0
      ? `const answer = await fetch(${jsText(url)})`
      : `const answer = await fetch(${jsText(url)}, {\n${indent(options, '  ')}\n})`,
    'console.log(answer.status, await answer.text())',
    ...(cookies?.action === 'keep'
      ? ["console.log('COOKIE:', answer.headers.getSetCookie().map((each) => each.split(';')[0]).join('; '))"]
      : []),
  ].join('\n')
}

// ── Python: its own library, nothing to install ─────────────────────────────────────────────────────────────────────

const pyText = (text: string): string => JSON.stringify(text)
const pyTemplate = (template: Template): string =>
  template.length === 0
    ? '""'
    : template.map((part) => (typeof part === 'string' ? pyText(part) : `os.environ["${part.variable}"]`)).join(' + ')
const pyValue = ({ value }: Member): string => {
  if (Array.isArray(value)) return pyTemplate(value)
  return value === null ? 'None' : value === true ? 'True' : value === false ? 'False' : String(value)
}
const pyDict = (members: readonly (readonly [string, string])[]): string => {
  const parts = members.map(([name, value]) => `${pyText(name)}: ${value}`)
  const line = `{${parts.join(', ')}}`
  return line.length <= longest ? line : `{\n${parts.map((part) => `        ${part},\n`).join('')}    }`
}

const python: Printer = ({ method, url, headers, basic, body, cookies }) => {
  const modules = new Set(['urllib.request'])
  const all = headers.map(([name, value]) => [name, pyTemplate(value)] as const)
  if (basic !== null) {
    modules.add('base64')
    const pair = pyTemplate([...basic[0], ':', ...basic[1]])
    all.push(['Authorization', `"Basic " + base64.b64encode((${pair}).encode()).decode()`])
  }
  const members = (body?.members ?? []).map((member) => [member.name, pyValue(member)] as const)
  if (body?.kind === 'json') {
    modules.add('json')
    all.push(['Content-Type', '"application/json"'])
  }
  if (body?.kind === 'form') modules.add('urllib.parse')
  const dump = body?.kind === 'json' ? 'json.dumps' : 'urllib.parse.urlencode'
  const options = [
    `${pyText(url)},`,
    ...(body === null ? [] : [`data=${dump}(${pyDict(members)}).encode(),`]),
    ...(all.length === 0 ? [] : [`headers=${pyDict(all)},`]),
    `method="${method}",`,
  ]
  const jar = cookies === null ? null : pyText(cookies.file)
  if (jar !== null) modules.add('http.cookiejar')
  const text = [
    `request = urllib.request.Request(\n${indent(options, '    ')}\n)`,
    ...(jar === null
      ? []
      : [
          `jar = http.cookiejar.MozillaCookieJar(${jar})`,
          ...(cookies?.action === 'send' ? ['jar.load(ignore_discard=True)'] : []),
          'opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))',
        ]),
    `with ${jar === null ? 'urllib.request.urlopen' : 'opener.open'}(request) as answer:`,
    '    print(answer.status, answer.read().decode())',
    ...(cookies?.action === 'keep' ? ['jar.save(ignore_discard=True)'] : []),
  ].join('\n')
  if (text.includes('os.environ')) modules.add('os')
  return `${[...modules]
    .sort()
    .map((name) => `import ${name}`)
    .join('\n')}\n\n${text}`
}

// ── HTTPie ──────────────────────────────────────────────────────────────────────────────────────────────────────────

/** In double quotes where something needs them; variables stay the shell's. */
function shellWord(template: Template): string {
  const text = template
    .map((part) => (typeof part === 'string' ? part.replace(/[\\"$`]/g, '\\$&') : `$${part.variable}`))
    .join('')
  return template.every((part) => typeof part === 'string') && /^[\w@%+=:,./-]+$/.test(text) ? text : `"${text}"`
}

const httpie: Printer = ({ method, url, headers, basic, body, cookies }) =>
  [
    'http',
    ...(body?.kind === 'form' ? ['--form'] : []),
    ...(cookies === null ? [] : ['--session=./cardea-session.json']),
    ...(basic === null ? [] : ['-a', shellWord([...basic[0], ':', ...basic[1]])]),
    method,
    url,
    ...headers.map(([name, value]) => `${name}:${shellWord(value)}`),
    ...(body?.members ?? []).map((member) =>
      Array.isArray(member.value)
        ? `${member.name}=${shellWord(member.value)}`
        : `${member.name}:=${JSON.stringify(member.value)}`,
    ),
  ].join(' ')

const printers: Readonly<Record<Exclude<Language, 'curl'>, Printer>> = { javascript, python, httpie }

/** The same call in another language. `curl` is the line itself. */
export function lineIn(language: Language, curl: string, sent: Sent | null): string {
  return language === 'curl' || sent === null ? curl : printers[language](sent)
}
