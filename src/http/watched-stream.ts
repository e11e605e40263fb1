/**
 * The same stream, and `onBreak` hears when it breaks. It answers whether whoever was sent it has been cut off: then
 * nothing is left to tell the host, whose own words about it would go past our log.
 */
export function watchedStream(
  stream: ReadableStream<Uint8Array>,
  onBreak: (error: unknown) => boolean,
): ReadableStream<Uint8Array> {
  const reader = stream.getReader()
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        // Not by reading: of one that is too slow nobody reads.
        reader.closed.catch((error: unknown) => {
          if (!onBreak(error)) controller.error(error)
        })
      },
      async pull(controller) {
        const read = await reader.read().catch(() => null)
        // It ends by being cancelled, or is over already.
        if (read === null) return new Promise<void>(() => {})
        if (read.done) controller.close()
        else controller.enqueue(read.value)
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  )
}
