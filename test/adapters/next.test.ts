import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { createPlace, type TestPlace } from '../cli/command.ts'
import { realClock } from '../support/clock.ts'
import { makeCallers, startHost } from '../support/hosts.ts'
import { callHost, hostCases } from '../support/hosts-table.ts'
import { root } from '../support/markdown.ts'
import { createReader, scriptOf } from '../support/reader.ts'
import { type RemoteTest, startRemoteTest } from '../support/remote.ts'

/*
 * examples/next, built and served by Next itself, as docs/protect-nextjs.md says and by its lines. It takes the built
 * package, so that is built first: type checked in both, and without asking anything of a network.
 */

const folder = join(root, 'examples', 'next')
const next = join(folder, 'node_modules', 'next', 'dist', 'bin', 'next')

let place: TestPlace
let t: RemoteTest
before(async () => {
  assert.ok(existsSync(next), 'the packages of examples/next are missing: node tools/setup-examples.mjs')
  place = await createPlace()
  t = await startRemoteTest({ clock: realClock })
})
after(async () => {
  await t?.close()
  await place?.drop()
})

test('the commands of docs/protect-nextjs.md work as they are pasted', async () => {
  const server = await place.serve()
  const { code, output } = await createReader(place, server).bash(scriptOf('docs/protect-nextjs.md'), root)
  assert.equal(code, 0, output)
  await server.stop()
})

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
