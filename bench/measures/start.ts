import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { fileURLToPath } from 'node:url'
import { drive } from '../drive.ts'
import { makeUser, openGuest, origin } from '../house.ts'
import { pinned, residentMb } from '../processes.ts'
import { median } from '../results.ts'
import { type Measure, reported } from './types.ts'

const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))
const starts = 3

/** The command line's own server: how long until it answers, and how much memory it takes. */
export const startMeasure: Measure = {
  goals: { start_ms: reported('ms'), rss_idle_mb: reported('MiB'), rss_loaded_mb: reported('MiB') },
  async run(bench) {
    const dataDir = bench.folder()
    const key = await prepare(dataDir)
    const times: number[] = []
    for (let left = starts - 1; left > 0; left -= 1) {
      const server = await launch(dataDir)
      times.push(server.millis)
      await end(server.child)
    }
    const { child, pid, url, millis } = await launch(dataDir)
    try {
      times.push(millis)
      await new Promise((resolve) => setTimeout(resolve, 2000))
      const idle = residentMb(pid)
      const loads: number[] = []
      for (let left = bench.quick ? 2 : 4; left > 0; left -= 1) {
        await drive({ url: `${url}/auth/me`, headers: { 'X-API-Key': key }, connections: 64, seconds: bench.seconds })
        loads.push(residentMb(pid))
      }
      const all = { start_ms: median(times), rss_idle_mb: idle, rss_loaded_mb: Math.max(...loads) }
      bench.note(
        `start_ms: ${times.map((each) => each.toFixed(0)).join(', ')}; resident under load ${loads.map((each) => each.toFixed(0)).join(', ')} MiB`,
      )
      return Object.fromEntries(Object.entries(all).filter(([, value]) => Number.isFinite(value)))
    } finally {
      await end(child)
    }
  },
}

/** A migrated folder with a user, as on the second start. Answers an API key. */
async function prepare(dataDir: string): Promise<string> {
  const house = await openGuest(dataDir)
  try {
    const user = await makeUser(house, 'alice')
    return (await house.core.keys.issueFor(user, { name: 'bench' }, origin)).token
  } finally {
    await house.close()
  }
}

async function launch(dataDir: string): Promise<{ child: ChildProcess; pid: number; url: string; millis: number }> {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const args = [main, 'serve', '--data-dir', dataDir, '--port', String(port)]
  const [program, all] = pinned('server', process.execPath, args)
  const begun = performance.now()
  const child = spawn(program, all, { stdio: ['ignore', 'ignore', 'ignore'], cwd: dataDir })
  const { pid } = child
  if (pid === undefined) throw new Error('the server could not be started')
  while (!(await answers(url))) {
    if (child.exitCode !== null) throw new Error('the server ended before it answered')
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  return { child, pid, url, millis: performance.now() - begun }
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/readyz`)).status === 200
  } catch {
    return false
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  const kill = setTimeout(() => child.kill('SIGKILL'), 5000)
  await ended
  clearTimeout(kill)
}

/** One that nobody listens on now. */
async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address() as AddressInfo
  probe.close()
  await once(probe, 'close')
  return port
}
