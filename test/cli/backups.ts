import assert from 'node:assert/strict'
import { chmodSync, copyFileSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { runSql } from '../support/sql.ts'
import { createPlace, type Ended, type TestPlace } from './command.ts'

// What the tests of `backup` and `restore` share.

export const password = 'a long zebra crossing 42'
export const other = 'another zebra crossing 43'
export const sql = (file: string, statement: string) => runSql({ engine: 'sqlite', address: file }, statement)

export async function newPlace(t: TestContext): Promise<TestPlace> {
  const place = await createPlace()
  t.after(() => place.drop())
  return place
}

/** Failed with one line at the end, and no result. */
export function assertFails({ code, stdout, stderr }: Ended, message: RegExp): void {
  assert.deepEqual([code, stdout], [1, ''], stderr)
  assert.match(stderr.trimEnd().split('\n').at(-1) ?? '', message)
}

export async function send(
  url: string,
  method: string,
  path: string,
  headers: Record<string, string> = {},
  body?: object,
) {
  const response = await fetch(url + path, {
    method,
    headers: { ...headers, ...(body === undefined ? {} : { 'Content-Type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  return { status: response.status, body: text === '' ? {} : JSON.parse(text) }
}

/** What other processes do has no clock of ours. */
export async function eventually(what: string, isSo: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 100; tries += 1) {
    if (await isSo()) return
    await pause(50)
  }
  assert.fail(`never happened: ${what}`)
}

/** The secret moves by other ways than the backup. */
export function giveSecret(from: TestPlace, to: TestPlace, dataDir = to.dataDir): void {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  copyFileSync(join(from.dataDir, 'secret'), join(dataDir, 'secret'))
  chmodSync(join(dataDir, 'secret'), 0o600)
}
