const utf8 = new TextEncoder()

/** The parts one after another, each made when the one before it was read: however long it is, little of it is kept. */
export function textStream(parts: AsyncIterator<string>): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await parts.next()
        if (done === true) controller.close()
        else controller.enqueue(utf8.encode(value))
      },
      async cancel() {
        await parts.return?.()
      },
    },
    // Nothing is made before somebody reads: HEAD reads nothing.
    { highWaterMark: 0 },
  )
}
