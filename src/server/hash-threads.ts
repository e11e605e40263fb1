import { readdir, readFile } from 'node:fs/promises'
import { setPriority } from 'node:os'
import type { Log } from '../core/ports.ts'

/** Between the highest (-20) and the lowest (19); answering has 0. */
const stepsBehind = 10
const threads = '/proc/self/task'
const workerName = 'libuv-worker'

/**
 * Puts the threads that hash passwords behind the one that answers: a flood of sign-ins then takes the processor time
 * that is left over, and whoever has a credential already hardly feels it. The threads are libuv's pool, all made at its
 * first use, which is here at the latest. Answers how many there were; elsewhere than on Linux threads have no priority
 * of their own, and none is touched.
 */
export async function stepHashingBack(log: Log): Promise<number> {
  let moved = 0
  try {
    for (const id of await readdir(threads)) {
      if ((await readFile(`${threads}/${id}/comm`, 'utf8')).trim() !== workerName) continue
      setPriority(Number(id), stepsBehind)
      moved += 1
    }
  } catch (error) {
    log.debug({ error }, 'the threads that hash passwords keep their priority')
  }
  return moved
}
