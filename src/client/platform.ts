/*
 * What the client takes from where it runs. Everything here may be missing: Node has no location, old browsers have no
 * Web Locks. Spelled structurally, so that it compiles with and without the types of the DOM.
 */

export interface Channel {
  postMessage(message: unknown): void
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void
  close(): void
  /** Node: an open channel does not keep the process alive. */
  unref?(): void
}

interface Platform {
  readonly BroadcastChannel?: new (name: string) => Channel
  readonly navigator?: {
    readonly locks?: { request<T>(name: string, run: () => Promise<T>): Promise<T> }
  }
  readonly location?: { readonly origin: string }
}

const platform = globalThis as unknown as Platform

/** The origin of the page, or of the page whose worker this is: others of it may share its session. Else null. */
export function pageOrigin(): string | null {
  const origin = platform.location?.origin
  // Files and sandboxed frames share theirs with nobody.
  return origin === undefined || origin === 'null' ? null : origin
}

export function openChannel(name: string): Channel | null {
  if (platform.BroadcastChannel === undefined) return null
  const channel = new platform.BroadcastChannel(name)
  channel.unref?.()
  return channel
}

/** One at a time among all who ask for this name: in all tabs where there are Web Locks, or at once where there are none. */
export function exclusively<T>(name: string, run: () => Promise<T>): Promise<T> {
  const locks = platform.navigator?.locks
  return locks === undefined ? run() : locks.request(name, run)
}

export const now = (): number => Date.now()

export function wait(millis: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, millis))
}
