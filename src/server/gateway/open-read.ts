import type { Readable } from 'node:stream'
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib'
import { CardeaError } from '../../errors.ts'
import type { Reply } from '../../http/reply.ts'
import type { OpenReads } from '../../http/upstreams.ts'
import { type Client, failureOf, type SentHeaders, type Wish } from './client.ts'

const decoders = { gzip: createGunzip, 'x-gzip': createGunzip, deflate: createInflate, br: createBrotliDecompress }
const jsonType = /^application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i

/** What is not shown to everybody may be shown to somebody. */
const notOpen = (internal: string): CardeaError => new CardeaError('credentials_missing', { internal })

/**
 * A query without a credential may only hold names that the operator lists, each once: others could ask the service to
 * sort or filter by what is not shown, and read it from the order. Throws request_invalid.
 */
export function demandOpenQuery(target: string, { query }: OpenReads): void {
  const start = target.indexOf('?')
  if (start < 0) return
  // Some servers end a member at `;` as they do at `&`, and would find another behind it.
  if (target.includes(';', start))
    throw new CardeaError('request_invalid', { fields: [{ field: ';', message: 'must be written as %3B' }] })
  const seen = new Set<string>()
  for (const name of new URLSearchParams(target.slice(start)).keys()) {
    const message = seen.has(name) ? 'is given twice' : 'cannot be asked without a credential'
    if (seen.has(name) || !query.includes(name))
      throw new CardeaError('request_invalid', { fields: [{ field: name.slice(0, 100).toWellFormed(), message }] })
    seen.add(name)
  }
}

/** Sends the request and answers what everybody may see of its answer. Throws what the caller is to be told. */
export async function readOpenly(
  client: Client,
  wish: Wish & { readonly signal: AbortSignal },
  project: (answer: unknown) => unknown | null,
  limit: number,
): Promise<Reply> {
  const answer = await client.request(wish).catch((error: Error) => {
    throw failureOf(error)
  })
  // Whoever reads it hears of it; when nobody does, it is no matter.
  answer.body.on('error', () => {})
  try {
    const json = await readJson(answer, limit)
    return { status: 200, body: shown(json, project), type: 'application/json' }
  } finally {
    // What is left of it is not wanted.
    answer.body.destroy()
  }
}

function shown(json: unknown, project: (answer: unknown) => unknown | null): string {
  try {
    const part = project(json)
    if (part !== null) return JSON.stringify(part)
  } catch {
    throw notOpen('the answer lies deeper than it can be read')
  }
  throw notOpen('the answer is no object, no list of objects and no envelope')
}

interface Answer {
  readonly statusCode: number
  readonly headers: SentHeaders
  readonly body: Readable
}

async function readJson({ statusCode, headers, body }: Answer, limit: number): Promise<unknown> {
  if (statusCode === 404 || statusCode === 410) throw new CardeaError('not_found')
  if (statusCode >= 500) throw new CardeaError('upstream_failed', { internal: `status ${statusCode}` })
  if (statusCode !== 200) throw notOpen(`status ${statusCode}`)
  if (!jsonType.test(only(headers['content-type']))) throw notOpen('the answer is no JSON')
  const bytes = await readBytes(decoded(body, only(headers['content-encoding'])), limit).catch((error: unknown) => {
    if (error instanceof CardeaError) throw error
    throw new CardeaError('upstream_failed', { internal: 'the answer broke off or cannot be decoded' })
  })
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    throw notOpen('the answer is no JSON that can be read')
  }
}

/** A header that is sent once; another one says nothing that can be relied on. */
const only = (value: string | string[] | undefined): string => (typeof value === 'string' ? value : '')

function decoded(body: Readable, sent: string): Readable {
  const encoding = sent.trim().toLowerCase()
  if (encoding === 'identity' || encoding === '') return body
  if (!Object.hasOwn(decoders, encoding)) throw notOpen('the answer is encoded in a way that is not read')
  const decoder = decoders[encoding as keyof typeof decoders]()
  body.on('error', (error) => decoder.destroy(error))
  return body.pipe(decoder)
}

async function readBytes(stream: Readable, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    size += chunk.byteLength
    if (size > limit) throw notOpen('the answer is too large to be projected')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
