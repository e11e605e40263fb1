import assert from 'node:assert/strict'
import { test } from 'node:test'
import { withoutQueryCredentials } from '../../src/http/query-credentials.ts'

test('credentials are taken out of a query, in every spelling of their names; all else stays as it was sent', () => {
  for (const [target, left] of [
    ['/a', '/a'],
    ['/a?', '/a?'],
    ['/a?b=%2F&&c', '/a?b=%2F&&c'],
    ['/a?apikey=x', '/a'],
    ['/a?b=1&apiKey=x&c=2', '/a?b=1&c=2'],
    ['/a?API_KEY=x&access_token=y&b', '/a?b'],
    ['/a?%61pikey=x&b', '/a?b'],
    ['/a?apikey', '/a'],
    ['/a?apikeys=x', '/a?apikeys=x'],
    ['/a?b=apikey=x', '/a?b=apikey=x'],
  ] as const)
    assert.equal(withoutQueryCredentials(target), left, target)
})
