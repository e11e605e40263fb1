/**
 * The events of a piece of a stream (HTML Living Standard, section 9.2.6), as far as this server uses it, and what of
 * the piece is not whole yet. Comments and the retry time are passed over. Throws SyntaxError for data that is no JSON.
 */
export function readEvents<T>(text: string): { readonly events: readonly T[]; readonly rest: string } {
  const blocks = text.split('\n\n')
  const rest = blocks.pop() ?? ''
  const events = blocks.flatMap((block) => {
    const lines = block.split('\n')
    const data = lines.find((line) => line.startsWith('data: '))
    const isEvent = lines.includes('event: event')
    return isEvent && data !== undefined ? [JSON.parse(data.slice(6)) as T] : []
  })
  return { events, rest }
}
