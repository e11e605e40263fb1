import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { realClock } from '../support/clock.ts'
import { makeCallers, startHost } from '../support/hosts.ts'
import { callHost, hostCases } from '../support/hosts-table.ts'
import { type RemoteTest, startRemoteTest } from '../support/remote.ts'

/*
 * examples/next, built and served by Next itself as its reader would. It takes the built package, so that is built first:
 * type checked in both, and without asking anything of a network.
 */

const root = fileURLToPath(new URL('../..', import.meta.url))
const folder = join(root, 'examples', 'next')
const next = join(folder, 'node_modules', 'next', 'dist', 'bin', 'next')
const run = promisify(execFile)

let t: RemoteTest
before(async () => {
  assert.ok(existsSync(next), 'the packages of examples/next are missing: node tools/setup-examples.mjs')
  await run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.build.json'], {
    cwd: root,
  })
  const env = { PATH: process.env.PATH, HOME: process.env.HOME, NEXT_TELEMETRY_DISABLED: '1', CI: '1' }
  await run(process.execPath, [next, 'build'], { cwd: folder, env })
  t = await startRemoteTest({ clock: realClock })
})
after(() => t?.close())

test('examples/next: every kind of caller gets what the table says', async () => {
  const cases = hostCases(await makeCallers(t))
  const env = { ISSUER: t.server.url, GUARD_KEY: t.ownKey }
  const host = await startHost([next, 'start', '--hostname', '127.0.0.1', '--port', '0'], env, folder)
  try {
    await callHost(host.url, cases)
  } finally {
    await host.stop()
  }
})
