/*
 * Ends API keys while they are being used: how long after the answer to DELETE one of them was still accepted. Runs on
 * the load's core, so that it does not slow down the server.
 */
import { Agent, request } from 'node:http'
import { readWish, serveQuestions } from './processes.ts'

export interface RevocationWish {
  readonly url: string
  /** Of the owner of the keys; fresh enough to make some. */
  readonly owner: Readonly<Record<string, string>>
}

const { url, owner } = readWish<RevocationWish>()
const agent = new Agent({ keepAlive: true, maxSockets: 16 })

function send(
  method: string,
  path: string,
  headers: Readonly<Record<string, string>>,
  body?: object,
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const json = body === undefined ? {} : { 'Content-Type': 'application/json' }
    const asked = request(new URL(path, url), { method, agent, headers: { ...headers, ...json } }, (answer) => {
      let text = ''
      answer.setEncoding('utf8')
      answer.on('data', (chunk) => {
        text += chunk
      })
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text }))
    })
    asked.on('error', reject)
    asked.end(body === undefined ? undefined : JSON.stringify(body))
  })
}

/** Milliseconds from the answer to DELETE to the last answer that still let the key in; 0 when there was none. */
async function revokeOne(hammers: number): Promise<number> {
  const made = await send('POST', '/auth/keys', owner, { name: 'revoked' })
  if (made.status !== 201) throw new Error(`a key could not be made: ${made.status} ${made.text}`)
  const { id, token: key } = JSON.parse(made.text)
  let lastGood = 0
  let good = 0
  const hammer = async () => {
    for (;;) {
      const { status } = await send('GET', '/guarded', { 'X-API-Key': key })
      if (status === 401) return
      if (status !== 200) throw new Error(`the guarded route answered ${status}`)
      lastGood = performance.now()
      good += 1
    }
  }
  const hammering = Promise.all(Array.from({ length: hammers }, hammer))
  while (good < 10 * hammers) await new Promise((resolve) => setImmediate(resolve))
  const ended = await send('DELETE', `/auth/keys/${id}`, owner)
  const answered = performance.now()
  if (ended.status !== 204) throw new Error(`a key could not be ended: ${ended.status} ${ended.text}`)
  await hammering
  return Math.max(0, lastGood - answered)
}

serveQuestions(
  'ready',
  async (times) => {
    const delays: number[] = []
    while (delays.length < Number(times)) delays.push(await revokeOne(8))
    return delays
  },
  () => agent.destroy(),
)
