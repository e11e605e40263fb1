import assert from 'node:assert/strict'

export interface ReadEvent {
  readonly event: string
  readonly id: string
  readonly data: Readonly<Record<string, unknown>>
}

export interface Events {
  next(): Promise<ReadEvent>
  nextComment(): Promise<string>
  /** Resolves when the other side has ended the stream. */
  ended(): Promise<void>
  close(): Promise<void>
}

const patience = 5000

/** Reads server-sent events, as they come. */
export async function openEvents(url: string, headers: Record<string, string>): Promise<Events> {
  const stop = new AbortController()
  const response = await fetch(url, { headers, signal: stop.signal })
  assert.equal(response.status, 200, response.status === 200 ? '' : await response.text())
  assert.match(response.headers.get('content-type') ?? '', /^text\/event-stream/)
  assert.equal(response.headers.get('cache-control'), 'no-store')
  const reader = (response.body ?? assert.fail('no body')).pipeThrough(new TextDecoderStream()).getReader()
  let rest = ''
  let isOver = false

  const block = async (): Promise<string | null> => {
    for (;;) {
      const end = rest.indexOf('\n\n')
      if (end >= 0) {
        const text = rest.slice(0, end)
        rest = rest.slice(end + 2)
        return text
      }
      if (isOver) return null
      const late = Promise.withResolvers<never>()
      const timer = setTimeout(() => late.reject(new Error('nothing came')), patience)
      try {
        const { done, value } = await Promise.race([reader.read(), late.promise])
        isOver = done
        rest += value ?? ''
      } finally {
        clearTimeout(timer)
      }
    }
  }
  const until = async (isWanted: (text: string) => boolean): Promise<string> => {
    for (;;) {
      const text = await block()
      assert.ok(text !== null, 'the stream has ended')
      if (isWanted(text)) return text
    }
  }
  return {
    async next() {
      const text = await until((each) => each.startsWith('event: '))
      const [, event = '', id = '', data = ''] = /^event: (.*)\nid: (.*)\ndata: (.*)$/.exec(text) ?? assert.fail(text)
      return { event, id, data: JSON.parse(data) }
    },
    nextComment: async () => (await until((each) => each.startsWith(': '))).slice(2),
    async ended() {
      const latest = performance.now() + patience
      while ((await block()) !== null) assert.ok(performance.now() < latest, 'the stream goes on')
    },
    async close() {
      stop.abort()
      await reader.cancel().catch(() => {})
    },
  }
}
