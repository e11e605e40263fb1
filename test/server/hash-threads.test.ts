import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { getPriority } from 'node:os'
import { test } from 'node:test'
import type { Log } from '../../src/core/ports.ts'
import { stepHashingBack } from '../../src/server/hash-threads.ts'

const silent: Log = { debug() {}, info() {}, warn() {}, error() {} }

test('the threads that hash are behind the one that answers, which keeps its priority', async () => {
  const moved = await stepHashingBack(silent)
  if (process.platform !== 'linux') {
    assert.equal(moved, 0)
    return
  }
  assert.ok(moved >= 1)
  const behind = readdirSync('/proc/self/task').filter((id) => getPriority(Number(id)) > getPriority())
  assert.equal(behind.length, moved)
  for (const id of behind) assert.equal(readFileSync(`/proc/self/task/${id}/comm`, 'utf8').trim(), 'libuv-worker')
})
