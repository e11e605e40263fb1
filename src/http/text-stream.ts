const utf8 = new TextEncoder()

/**
 * The parts one after another, each made when the one before it was read: however long it is, little of it is kept. All
 * others get their turn before each: a reader that is never behind, and parts that nothing is waited for, would shut them
 * out to the end.
 */
export function textStream(parts: AsyncIterator<string>): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        await new Promise((turn) => setImmediate(turn))
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
