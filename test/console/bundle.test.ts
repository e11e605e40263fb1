import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { consoleFolder } from '../../src/server/console.ts'

const kilobytes = 250

test(`what the first page loads is under ${kilobytes} kB as it travels`, () => {
  const page = readFileSync(join(consoleFolder, 'index.html'), 'utf8')
  const first = Array.from(page.matchAll(/(?:src|href)="\/console\/(assets\/[^"]+)"/g), ([, path = '']) => path)
  assert.ok(first.length >= 2, 'a script and a style at least')
  // The sign-in's own chunk comes right behind them.
  const signIn = readdirSync(join(consoleFolder, 'assets')).filter((name) => /^sign-in-page.*\.js$/.test(name))
  const files = [...first, ...signIn.map((name) => `assets/${name}`)]
  const total = files.reduce((sum, path) => sum + gzipSync(readFileSync(join(consoleFolder, path))).byteLength, 0)
  assert.ok(total < kilobytes * 1000, `${Math.round(total / 1000)} kB: ${files.join(', ')}`)
})

test('the list of common passwords is loaded when a password is chosen, not before', () => {
  const assets = readdirSync(join(consoleFolder, 'assets')).filter((name) => name.endsWith('.js'))
  const holding = assets.filter((name) =>
    readFileSync(join(consoleFolder, 'assets', name), 'utf8').includes('trustno1'),
  )
  assert.equal(holding.length, 1)
  assert.match(holding[0] ?? '', /^strength-/)
  const page = readFileSync(join(consoleFolder, 'index.html'), 'utf8')
  assert.ok(!page.includes(holding[0] ?? ''))
})
