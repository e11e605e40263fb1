import type { ChangeFeed } from './change-feed.ts'
import type { Store } from './ports.ts'

/**
 * Runs a command's writes in one transaction and, once they are committed, lets this process's caches hear of them
 * before the command answers. Used by every command that revokes or changes rights. `concerns`: whether what was done
 * concerns any cache; it does unless this says no.
 */
export type Commit = <T>(run: (tx: Store) => Promise<T>, concerns?: (result: T) => boolean) => Promise<T>

export interface CommitDeps {
  readonly store: Store
  readonly feed: Pick<ChangeFeed, 'sync'>
}

export function createCommit({ store, feed }: CommitDeps): Commit {
  return async (run, concerns = () => true) => {
    const result = await store.transaction(run)
    if (concerns(result)) await feed.sync()
    return result
  }
}
