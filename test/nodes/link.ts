import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/**
 * `open`: bytes pass. `silent`: connections stand and new ones are taken, but no byte passes either way and none is
 * kept for later, as behind a firewall that forgot them. `closed`: connections are cut and new ones refused at once.
 */
export type LinkState = 'open' | 'silent' | 'closed'

export interface Link {
  /** The same address as the target's, over the link. */
  readonly url: string
  set(state: LinkState): void
  /** From now on connections that ask to be told of changes are cut: what is left is the read by the clock. */
  refuseListeners(): void
  /** Connections that stand now. */
  count(): number
  stop(): Promise<void>
}

interface Pair {
  readonly near: Socket
  readonly far: Socket
}

/** What stands between a node and its database. */
export async function startLink(target: string): Promise<Link> {
  const { hostname, port } = new URL(target)
  const pairs = new Set<Pair>()
  let state: LinkState = 'open'
  let listeners = true

  const cut = (pair: Pair) => {
    pairs.delete(pair)
    pair.near.destroy()
    pair.far.destroy()
  }
  const server = createServer((near) => {
    if (state === 'closed') {
      near.destroy()
      return
    }
    const far = connect(Number(port), hostname)
    const pair = { near, far }
    pairs.add(pair)
    // What was swallowed is gone: such a connection is of no use even when the link is open again.
    let lost = state === 'silent'
    const pass = (to: Socket) => (chunk: Buffer) => {
      lost ||= state === 'silent'
      if (lost) return
      if (!listeners && to === far && chunk.includes('listen cardea_changes')) cut(pair)
      else to.write(chunk)
    }
    near.on('data', pass(far))
    far.on('data', pass(near))
    const ended = () => {
      // The other side does not hear of it while the link is silent.
      if (state !== 'silent') cut(pair)
    }
    for (const socket of [near, far]) socket.on('error', ended).on('close', ended)
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const url = new URL(target)
  url.host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url: url.href,
    set(wished) {
      state = wished
      const isOver = ({ near, far }: Pair) => near.destroyed || far.destroyed
      for (const pair of pairs) if (wished === 'closed' || (wished === 'open' && isOver(pair))) cut(pair)
    },
    refuseListeners() {
      listeners = false
    },
    count: () => pairs.size,
    async stop() {
      for (const pair of pairs) cut(pair)
      await new Promise((done) => server.close(done))
    },
  }
}
