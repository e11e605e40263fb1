import assert from 'node:assert/strict'
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { readPages } from './markdown.ts'

/*
 * Real proxies with the configurations that the pages print. What a test has to change is what a reader changes too:
 * names, addresses, certificates, folders.
 */

/** The first block of a page that holds this text. */
export function printed(path: string, holding: string): string {
  const block = readPages()
    .find((page) => page.path === path)
    ?.blocks.find(({ text }) => text.includes(holding))
  return block?.text ?? assert.fail(`${path} prints no configuration with ${holding}`)
}

/** Puts other texts in place of these; each has to be there. */
export function withChanges(text: string, changes: readonly (readonly [from: string | RegExp, to: string])[]): string {
  return changes.reduce((before, [from, to]) => {
    const after = before.replaceAll(typeof from === 'string' ? from : new RegExp(from, 'gm'), to)
    assert.notEqual(after, before, `the configuration does not have ${from}`)
    return after
  }, text)
}

export function freePort(): Promise<number> {
  return new Promise((done) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => done(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}

export interface RunningProxy {
  readonly url: string
  stop(): Promise<void>
}

function demand(program: string, flag: string, packageName: string): void {
  if (spawnSync(program, [flag], { stdio: 'ignore' }).error === undefined) return
  assert.fail(`${program} is missing, which these tests run: apt-get install --no-install-recommends ${packageName}`)
}

async function run(program: string, args: readonly string[], folder: string, port: number): Promise<RunningProxy> {
  let said = ''
  const child: ChildProcess = spawn(program, args, {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH ?? '', HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder },
  })
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (chunk) => {
      said += chunk
    })
  const ended = new Promise<void>((done) => child.once('close', () => done()))
  const url = `http://127.0.0.1:${port}`
  for (let tries = 0; ; tries += 1) {
    const answered = await fetch(`${url}/metrics`, { redirect: 'manual' }).then(
      (response) => response.arrayBuffer().then(() => true),
      () => false,
    )
    if (answered) break
    if (tries > 400 || child.exitCode !== null) {
      child.kill('SIGKILL')
      assert.fail(`${program} does not answer: ${said}`)
    }
    await pause(25)
  }
  return {
    url,
    async stop() {
      child.kill('SIGTERM')
      await ended
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** `server`: what stands in the `http` block; `snippets`: further files by the path that it includes them by. */
export async function startNginx(
  server: string,
  port: number,
  snippets: Readonly<Record<string, string>> = {},
): Promise<RunningProxy> {
  const program = spawnSync('nginx', ['-v'], { stdio: 'ignore' }).error === undefined ? 'nginx' : '/usr/sbin/nginx'
  demand(program, '-v', 'nginx-light')
  const folder = mkdtempSync(join(tmpdir(), 'cardea-nginx-'))
  for (const [path, text] of Object.entries(snippets)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  const temps = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${folder}/${name};`,
  )
  const file = join(folder, 'nginx.conf')
  // One process: it stays who starts it, and so can read what the test wrote.
  const around = `daemon off; master_process off; pid ${folder}/pid; error_log stderr warn; events {}`
  writeFileSync(file, `${around}\nhttp {\naccess_log off; ${temps.join(' ')}\n${server}\n}\n`)
  return run(program, ['-p', folder, '-e', 'stderr', '-c', file], folder, port)
}

export async function startCaddy(site: string, port: number): Promise<RunningProxy> {
  demand('caddy', 'version', 'caddy')
  const folder = mkdtempSync(join(tmpdir(), 'cardea-caddy-'))
  const file = join(folder, 'Caddyfile')
  writeFileSync(file, `{\n\tadmin off\n\tauto_https off\n}\n${site}`)
  return run('caddy', ['run', '--adapter', 'caddyfile', '--config', file], folder, port)
}
