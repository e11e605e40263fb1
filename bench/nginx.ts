/* A real nginx in front of the servers that are measured, as a process of its own; it answers what it has cost. */
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pinned } from './processes.ts'

export const hasNginx = spawnSync('nginx', ['-v'], { stdio: 'ignore' }).error === undefined

export interface Nginx {
  /** Seconds of processor time so far. */
  cpu(): number
  stop(): Promise<void>
}

/** `server`: what stands in the `http` block. Pinned to the core of the servers. */
export async function startNginx(server: string, ready: string): Promise<Nginx> {
  const folder = mkdtempSync(join(tmpdir(), 'cardea-bench-nginx-'))
  const temps = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${folder}/${name};`,
  )
  const file = join(folder, 'nginx.conf')
  const around = `daemon off; master_process off; pid ${folder}/pid; error_log stderr error; events {}`
  writeFileSync(
    file,
    `${around}\nhttp {\naccess_log off; keepalive_requests 1000000; ${temps.join(' ')}\n${server}\n}\n`,
  )
  const [program, args] = pinned('server', 'nginx', ['-p', folder, '-e', 'stderr', '-c', file])
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'inherit'] })
  const kill = () => child.kill('SIGKILL')
  process.once('exit', kill)
  const ended = new Promise<void>((done) => child.once('exit', () => done()))
  for (let tries = 0; tries < 200; tries += 1) {
    if (
      await fetch(ready).then(
        () => true,
        () => false,
      )
    )
      break
    await new Promise((done) => setTimeout(done, 25))
  }
  return {
    cpu: () => processorSeconds(child.pid ?? 0),
    async stop() {
      child.kill('SIGTERM')
      await ended
      process.removeListener('exit', kill)
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** Of a process and what it started by `exec`: user and system time in ticks of 10 ms. */
function processorSeconds(pid: number): number {
  try {
    if (readdirSync(`/proc/${pid}`).length === 0) return Number.NaN
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /, '')
      .split(' ')
    return (Number(fields[11]) + Number(fields[12])) / 100
  } catch {
    return Number.NaN
  }
}
