import type { ChangeFeed } from './change-feed.ts'
import type { Store } from './ports.ts'

/**
 * Runs a command's writes in one transaction and, once they are committed, lets this process's caches hear of them
 * before the command answers. Used by every command that revokes or changes rights.
 */
export type Commit = <T>(run: (tx: Store) => Promise<T>) => Promise<T>

export interface CommitDeps {
  readonly store: Store
  readonly feed: Pick<ChangeFeed, 'sync'>
}

export function createCommit({ store, feed }: CommitDeps): Commit {
  return async (run) => {
    const result = await store.transaction(run)
    await feed.sync()
    return result
  }
}
