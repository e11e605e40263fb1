/** One event of a stream, or a comment. */
export type Line = { readonly event: string; readonly id: string; readonly data: string } | { readonly comment: string }

const longest = 64 * 1024

/**
 * Reads server-sent events from pieces of text (HTML Living Standard, section 9.2.6). Answers what a piece completes.
 * Throws when an event is longer than any of ours.
 */
export function createEventParser(): (text: string) => readonly Line[] {
  let rest = ''
  let event = ''
  let id = ''
  let data: string[] = []
  let size = 0

  const take = (line: string, found: Line[]): void => {
    if (line === '') {
      if (data.length > 0) found.push({ event: event === '' ? 'message' : event, id, data: data.join('\n') })
      event = ''
      data = []
      size = 0
      return
    }
    size += line.length
    if (size > longest) throw new Error('an event is too long')
    const colon = line.indexOf(':')
    if (colon === 0) {
      found.push({ comment: line.slice(line[1] === ' ' ? 2 : 1) })
      return
    }
    const name = colon < 0 ? line : line.slice(0, colon)
    const value = colon < 0 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1)
    if (name === 'event') event = value
    else if (name === 'data') data.push(value)
    else if (name === 'id' && !value.includes('\0')) id = value
  }

  return (text) => {
    rest += text
    const found: Line[] = []
    for (;;) {
      const end = /\r\n|\n|\r(?!$)/.exec(rest)
      if (end === null) break
      take(rest.slice(0, end.index), found)
      rest = rest.slice(end.index + end[0].length)
    }
    if (rest.length > longest) throw new Error('a line is too long')
    return found
  }
}
