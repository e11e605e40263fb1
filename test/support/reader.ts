import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Ended as EndedCommand, TestPlace, TestServerProcess } from '../cli/command.ts'
import { compiled } from './compiled.ts'
import { checked, expectFunction, readPages, root } from './markdown.ts'
import { freePort } from './proxies.ts'

/*
 * Runs what a page prints, as a reader with a fresh clone would. What differs: the addresses of the server and of what
 * the page starts, since several pages are read at once.
 */

export interface Ended extends Pick<EndedCommand, 'code'> {
  readonly output: string
}

export interface Reader {
  /** Runs a bash script. `folder`: where the reader stands; default the folder that the server keeps its data in. */
  bash(script: string, folder?: string): Promise<Ended>
}

/** Ports that pages write: Cardea's own is 4000, what they start is one of these. */
const portOfPages = /\b(?:4[1-9]00|8080)\b/g

export function createReader(place: TestPlace, server: TestServerProcess): Reader {
  let scripts = 0
  // The package finds itself by its name, as in a clone.
  for (const name of ['node_modules', 'examples', 'package.json', 'src'])
    symlinkSync(join(root, name), join(place.folder, name))

  return {
    async bash(script, folder = place.folder) {
      scripts += 1
      const path = join(place.folder, `script-${scripts}.sh`)
      const npx = `npx() { test "$1 $2" = '--no cardea' && shift 2 && node '${join(root, 'bin/cardea.mjs')}' "$@"; }\n`
      const ports = new Map<string, number>()
      // What a program takes that is told no port.
      for (const [port] of `4100 ${script}`.matchAll(portOfPages))
        if (!ports.has(port)) ports.set(port, await freePort())
      const here = script
        .replaceAll('http://127.0.0.1:4000', server.url)
        .replaceAll(portOfPages, (port) => `${ports.get(port)}`)
      // A page says a second; a busy machine may take more.
      const patience = `sleep() { command sleep 2; }\n`
      writeFileSync(path, expectFunction + npx + patience + here)
      return run(path, folder, {
        PATH: [dirname(process.execPath), ...pythonFolder(place), process.env.PATH].join(':'),
        HOME: place.folder,
        ...(folder === place.folder ? {} : { CARDEA_DATA_DIR: place.dataDir }),
        NEXT_TELEMETRY_DISABLED: '1',
        ...compiled,
        PORT: `${ports.get('4100')}`,
        CARDEA_PASSWORD_HASH_MEMORY_KIB: '64',
        CARDEA_PASSWORD_HASH_PASSES: '1',
      })
    },
  }
}

function run(path: string, cwd: string, env: Readonly<Record<string, string>>): Promise<Ended> {
  return new Promise((done) => {
    let output = ''
    const child = spawn('bash', ['-eu', '-o', 'pipefail', path], {
      cwd,
      // A group of its own, to be ended as one.
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env,
    })
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (chunk) => {
        output += chunk
      })
    // What a page starts in the background ends with it, also when a line before its `kill` fails.
    child.on('exit', () => endGroup(child.pid))
    child.on('close', (code) => done({ code, output }))
  })
}

function endGroup(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGTERM')
  } catch (error) {
    // Nobody is left in it.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

/** The `sh` blocks of a page. */
export function shellOf(path: string): readonly string[] {
  const page = readPages().find((each) => each.path === path) ?? assert.fail(`${path} is missing`)
  return page.blocks.filter(({ language }) => language === 'sh').map(({ text }) => text)
}

/** All of them as one script, which fails at the first line that prints something else than it says. */
export const scriptOf = (path: string): string => shellOf(path).map(checked).join('\n')

const django = ['-c', 'import django, gunicorn, jwt, cryptography'] as const
/** Debian's packages are for Debian's Python, which need not be the first one that is found. */
const python = ['python3', '/usr/bin/python3'].find((each) => spawnSync(each, django).status === 0)

function pythonFolder({ folder }: TestPlace): readonly string[] {
  if (python === undefined || python === 'python3') return []
  const bin = join(folder, 'python')
  if (existsSync(bin)) return [bin]
  mkdirSync(bin)
  symlinkSync(python, join(bin, 'python3'))
  return [bin]
}

interface Tool {
  /** What to install by apt-get. */
  readonly packages: string
  readonly isThere: () => boolean
}

const runs = (program: string, flag: string) => spawnSync(program, [flag]).error === undefined

const tools = {
  nginx: { packages: 'nginx-light', isThere: () => runs('nginx', '-v') || runs('/usr/sbin/nginx', '-v') },
  caddy: { packages: 'caddy', isThere: () => runs('caddy', 'version') },
  django: { packages: 'python3-django python3-jwt python3-cryptography gunicorn', isThere: () => python !== undefined },
  go: { packages: 'golang-go', isThere: () => runs('go', 'version') },
} satisfies Record<string, Tool>

/** What pages run that a machine for Node need not have. */
const needed: Readonly<Record<string, readonly (keyof typeof tools)[]>> = {
  'docs/forward-auth.md': ['nginx', 'caddy'],
  'docs/protect-django.md': ['nginx', 'django'],
  'docs/protect-go.md': ['nginx', 'go'],
}

/** Why this page cannot be run here, or false. Where CI=true it is run, and fails by saying what to install. */
export function missingFor(path: string): string | false {
  const missing = (needed[path] ?? []).filter((name) => !tools[name].isThere())
  if (missing.length === 0) return false
  const why = `${missing.join(', ')} missing: apt-get install --no-install-recommends ${missing.map((name) => tools[name].packages).join(' ')}`
  return process.env.CI === 'true' ? assert.fail(why) : why
}
