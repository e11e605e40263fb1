// What the architecture tests see of a source file: its code without comments and string contents, and its imports.
import { dirname, join } from 'node:path/posix'

export type Import = {
  /** What stands between `import` or `export` and `from`. */
  names: string
  /** As written. */
  specifier: string
  /** The file it means, relative to the project, or undefined for a package. */
  target: string | undefined
  /** `import type` and `export type` only: an inline `type` leaves an import at run time. */
  typeOnly: boolean
}

export type Source = {
  path: string
  /** Comments are gone; each string is `"n"`, the n-th of the file; regular expressions are `0`. */
  code: string
  imports: Import[]
}

export function readSource(path: string, text: string): Source {
  const { code, strings } = skeleton(text, path.endsWith('.tsx'))
  const imports: Import[] = []
  const add = (index: string | undefined, typeOnly = false, names = '') => {
    const specifier = strings[Number(index)] ?? ''
    const target = specifier.startsWith('.') ? join(dirname(path), specifier) : undefined
    imports.push({ names, specifier, target, typeOnly })
  }
  const withNames =
    /\b(?:import|export)\b(\s+type\b(?!\s*(?:,|from\b)))?((?:(?!\b(?:import|export)\b)[\s\w$,{}*"])*?)\bfrom\s*"(\d+)"/g
  for (const [, type, names, index] of code.matchAll(withNames)) add(index, type !== undefined, names)
  for (const [, index] of code.matchAll(/\bimport\s*"(\d+)"/g)) add(index)
  for (const [, index] of code.matchAll(/\b(?:import|require)\s*\(\s*"(\d+)"/g)) add(index)
  return { path, code, imports }
}

function skeleton(text: string, markup: boolean): { code: string; strings: string[] } {
  const strings: string[] = []
  /** Open braces inside each `${` we are in. */
  const templates: number[] = []
  let code = ''
  let at = 0
  const keepString = (content: string) => {
    code += `"${strings.length}"`
    strings.push(content)
  }

  while (at < text.length) {
    const char = text[at] ?? ''
    const depth = templates.at(-1)
    if (text.startsWith('//', at)) {
      at = endOf(text, '\n', at)
    } else if (text.startsWith('/*', at)) {
      at = endOf(text, '*/', at + 2) + 2
      code += ' '
    } else if (char === "'" || char === '"') {
      const end = unescaped(text, at + 1, (c) => c === char)
      keepString(text.slice(at + 1, end))
      at = end + 1
    } else if (char === '`' || (char === '}' && depth === 0)) {
      const end = unescaped(text, at + 1, (c, i) => c === '`' || (c === '$' && text[i + 1] === '{'))
      if (char === '`' && text[end] !== '$') {
        keepString(text.slice(at + 1, end))
      } else {
        if (char === '}') templates.pop()
        if (text[end] === '$') templates.push(0)
        code += char === '`' ? '(' : text[end] === '$' ? ',' : ')'
      }
      at = end + (text[end] === '$' ? 2 : 1)
    } else if (char === '/' && startsExpression(code) && !(markup && (code.endsWith('<') || text[at + 1] === '>'))) {
      let inClass = false
      at = unescaped(text, at + 1, (c) => {
        if (c === '[') inClass = true
        if (c === ']') inClass = false
        return c === '/' && !inClass
      })
      at += 1
      code += '0'
    } else {
      if (depth !== undefined && char === '{') templates[templates.length - 1] = depth + 1
      if (depth !== undefined && char === '}') templates[templates.length - 1] = depth - 1
      code += char
      at += 1
    }
  }
  return { code, strings }
}

/** Whether a slash after this code begins a regular expression, and is no division. */
function startsExpression(code: string): boolean {
  return /(?:^|[(,=:[!&|?{};+\-*%<>~^]|\b(?:return|typeof|case|of|in|do|else|yield|await|throw))$/.test(
    code.slice(-200).trimEnd(),
  )
}

function unescaped(text: string, from: number, found: (char: string, at: number) => boolean): number {
  let at = from
  while (at < text.length && !found(text[at] ?? '', at)) at += text[at] === '\\' ? 2 : 1
  return at
}

function endOf(text: string, mark: string, from: number): number {
  const at = text.indexOf(mark, from)
  return at === -1 ? text.length : at
}
