import type { Store } from '../../src/core/ports.ts'

export interface CountingStore {
  readonly wrap: (store: Store) => Store
  /** Names of the verbs that were called, such as `sessions.withUser`, oldest first. */
  readonly calls: string[]
}

/** Notes every verb that is called, also inside transactions. */
export function countingStore(): CountingStore {
  const calls: string[] = []
  const watched = <T extends object>(target: T, path: string): T =>
    new Proxy(target, {
      get(from, name) {
        const value: unknown = Reflect.get(from, name)
        const full = `${path}${String(name)}`
        if (typeof value === 'object' && value !== null) return watched(value, `${full}.`)
        if (typeof value !== 'function') return value
        return (...given: unknown[]) => {
          calls.push(full)
          const [run, ...rest] = given
          const inTransaction = name === 'transaction' && typeof run === 'function'
          const args = inTransaction
            ? [(tx: Store) => Reflect.apply(run, undefined, [watched(tx, '')]), ...rest]
            : given
          return Reflect.apply(value, from, args)
        }
      },
    })
  return { calls, wrap: (store) => watched(store, '') }
}
