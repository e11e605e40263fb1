import { type JsonObject, parseJsonObject } from '../crypto/json-object.ts'

export type Fetch = (url: string, init: RequestInit) => Promise<Response>

/** Cardea could not be asked. The message is for the log and holds no credential. */
export class AskError extends Error {
  /** What it answered; null: nothing. */
  readonly status: number | null

  constructor(message: string, status: number | null, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'AskError'
    this.status = status
  }
}

/** A JSON object from Cardea. Throws AskError for all else, too late and too long included. */
export async function askJson(
  fetch: Fetch,
  url: string,
  init: RequestInit,
  { timeoutMillis, maxBytes }: { readonly timeoutMillis: number; readonly maxBytes: number },
): Promise<JsonObject> {
  try {
    // Cardea redirects nobody: whoever does is somebody else, and would be handed our credential.
    const response = await fetch(url, { ...init, redirect: 'error', signal: AbortSignal.timeout(timeoutMillis) })
    if (!response.ok) {
      await response.body?.cancel()
      throw new AskError(`${url} answered ${response.status}`, response.status)
    }
    const object = parseJsonObject(await readUpTo(response, maxBytes))
    if (object === null) throw new AskError(`${url} answered no JSON object`, response.status)
    return object
  } catch (error) {
    if (error instanceof AskError) throw error
    throw new AskError(`${url} did not answer`, null, error)
  }
}

async function readUpTo(response: Response, maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of response.body ?? []) {
    length += chunk.byteLength
    if (length > maxBytes) throw new AskError(`${response.url} answered more than ${maxBytes} bytes`, response.status)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
