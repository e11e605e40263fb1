import { Agent, request } from 'node:http'

export type Headers = Readonly<Record<string, string>>

/** One answer and when it was asked for. Times are `performance.now()`. */
export interface Hit {
  /** 0: no answer at all. */
  readonly status: number
  readonly code: string | undefined
  readonly type: string
  readonly retryAfter: string | undefined
  readonly askedAt: number
  readonly answeredAt: number
}

const hangMillis = 60_000

/** A client that costs little, for asking very often. */
export function createHitter() {
  const agent = new Agent({ keepAlive: true, maxSockets: 128 })
  return {
    hit(url: string, headers: Headers = {}): Promise<Hit> {
      const askedAt = performance.now()
      return new Promise((done) => {
        const end = (status: number, text: string, type = '', retryAfter?: string) =>
          done({ status, code: codeOf(text, type), type, retryAfter, askedAt, answeredAt: performance.now() })
        const asked = request(url, { agent, headers, timeout: hangMillis }, (answer) => {
          let text = ''
          answer.setEncoding('utf8').on('data', (chunk) => {
            text += chunk
          })
          const type = answer.headers['content-type'] ?? ''
          answer.on('end', () => end(answer.statusCode ?? 0, text, type, answer.headers['retry-after']))
          answer.on('error', () => end(0, ''))
        })
        asked.on('timeout', () => asked.destroy())
        asked.on('error', () => end(0, ''))
        asked.end()
      })
    },
    close: () => agent.destroy(),
  }
}

export type Hitter = ReturnType<typeof createHitter>

function codeOf(text: string, type: string): string | undefined {
  return type.includes('problem+json') ? JSON.parse(text).code : undefined
}
