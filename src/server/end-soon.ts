import type { Socket } from 'node:net'

const graceMillis = 1000

/** Says the last of it and ends. Whoever does not close the other half would otherwise hold the connection for ever. */
export function endSoon(socket: Socket, last = ''): void {
  socket.end(last)
  const late = setTimeout(() => socket.destroy(), graceMillis)
  late.unref()
  socket.once('close', () => clearTimeout(late))
}
