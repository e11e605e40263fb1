/** One server-sent event (HTML Living Standard, section 9.2). `id`: what a reader that comes again names as the last. */
export interface SentEvent {
  readonly event: string
  readonly id: string
  readonly data: object
}

export interface EventStream {
  readonly body: ReadableStream<Uint8Array>
  send(event: SentEvent): void
  /** A line that readers pass over: it says that the line is alive. */
  comment(text: string): void
  /** Once little is waiting, or the stream has ended; never in this turn. For whoever has much to send. */
  room(): Promise<void>
  /** After what is waiting was read. */
  end(): void
}

export interface EventStreamWish {
  /** Whoever lets more than this wait is cut off; coming again costs less than keeping it. */
  readonly maxWaitingBytes: number
  /** Once, whoever ended it. */
  readonly onEnd: () => void
  /** How soon a reader comes again. */
  readonly retryMillis: number
}

/** What a stream breaks with whose reader lets too much wait. */
export class SlowReader extends Error {
  constructor() {
    super('the reader of a stream is too slow')
    this.name = 'SlowReader'
  }
}

const utf8 = new TextEncoder()

/** The stream of an answer that goes on. Nothing that is sent after its end throws. */
export function openEventStream({ maxWaitingBytes, onEnd, retryMillis }: EventStreamWish): EventStream {
  let control: ReadableStreamDefaultController<Uint8Array> | null = null
  const waiters: (() => void)[] = []
  const hasRoom = () => control === null || (control.desiredSize ?? 0) >= maxWaitingBytes / 2
  const wake = () => {
    for (const go of waiters.splice(0)) go()
  }
  const body = new ReadableStream<Uint8Array>(
    {
      start(controller) {
        control = controller
      },
      pull() {
        if (hasRoom()) wake()
      },
      cancel() {
        over()
      },
    },
    { highWaterMark: maxWaitingBytes, size: (chunk) => chunk?.byteLength ?? 0 },
  )

  function over(): ReadableStreamDefaultController<Uint8Array> | null {
    const last = control
    control = null
    wake()
    if (last !== null) onEnd()
    return last
  }

  function write(text: string): void {
    if (control === null) return
    const bytes = utf8.encode(text)
    if ((control.desiredSize ?? 0) < bytes.byteLength) over()?.error(new SlowReader())
    else control.enqueue(bytes)
  }

  write(`retry: ${retryMillis}\n\n`)
  return {
    body,
    // JSON has no line end in it, so that nothing in the data can pass for a field.
    send: ({ event, id, data }) => write(`event: ${event}\nid: ${id}\ndata: ${JSON.stringify(data)}\n\n`),
    async room() {
      await new Promise((turn) => setImmediate(turn))
      if (!hasRoom()) await new Promise<void>((go) => waiters.push(go))
    },
    comment: (text) => write(`: ${text}\n\n`),
    end() {
      over()?.close()
    },
  }
}
