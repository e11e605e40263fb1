import assert from 'node:assert/strict'
import { Writable } from 'node:stream'
import { test } from 'node:test'
import fc from 'fast-check'
import { CardeaError } from '../../src/errors.ts'
import { createLog } from '../../src/server/log.ts'

function capture(isTTY: boolean) {
  let text = ''
  const stream = Object.assign(
    new Writable({
      write(chunk, _encoding, done) {
        text += String(chunk)
        done()
      },
    }),
    { isTTY },
  )
  return { log: createLog({ level: 'debug', stream }), text: () => text }
}

const uuid = '0b9fd0c1-6d4c-4ad5-9f0a-3d1b6a3a7f10'
const secrets = [
  `cardea_${uuid}_${'a1'.repeat(32)}0badcafe`,
  `${uuid}.${'Ab-_'.repeat(10)}xyz`,
  `${uuid}.7.${'Ab-_'.repeat(10)}xyz`,
  'eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.c2lnbmF0dXJlLXNpZ25hdHVyZQ',
  'postgresql://cardea:hunter2-hunter2@db/cardea',
  'Basic YWxpY2U6aHVudGVyMg==',
  'http://api.example/api/v1/article?page=2&apikey=hunter2-hunter2&sort=1',
  '/api/v1/article?apiKey=hunter2-hunter2',
  '/api/v1/article?access_token=hunter2-hunter2',
  '/x?apikey[0]=hunter2-hunter2',
  'https://site.example/login?email=a&reset=hunter2-hunter2',
]

test('what looks like a credential is struck out of messages, fields and errors, however deep', () => {
  for (const secret of secrets) {
    const { log, text } = capture(false)
    log.info({ note: `got ${secret} from`, deep: { list: [{ value: secret }] } }, `saw ${secret}`)
    log.error(
      { error: new CardeaError('internal', { internal: `with ${secret}`, cause: new Error(secret) }) },
      'failed',
    )
    const hiddenPart = /hunter2-hunter2/.exec(secret)?.[0] ?? secret
    assert.ok(!text().includes(hiddenPart), text())
    assert.equal(text().trim().split('\n').length, 2)
  }
})

test('what is called a secret is struck out whatever it looks like', () => {
  const { log, text } = capture(false)
  log.warn(
    {
      password: 'hunter2',
      headers: { Authorization: 'hunter2', 'set-cookie': 'hunter2' },
      refresh_token: 'hunter2',
      'x-api-key': ['hunter2'],
    },
    'm',
  )
  assert.doesNotMatch(text(), /hunter2/)
  assert.match(text(), /hidden/)
})

test('a line tells level, time, message and fields as JSON', () => {
  const { log, text } = capture(false)
  log.info({ route: '/auth/me', status: 200 }, 'answered')
  const { time, ...rest } = JSON.parse(text())
  assert.deepEqual(rest, { level: 'info', route: '/auth/me', status: 200, msg: 'answered' })
  assert.match(time, /^\d{4}-\d\d-\d\dT/)
})

test('on a terminal each message is one line that moves no cursor, whatever is in it', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary' }),
      fc.dictionary(fc.string(), fc.string({ unit: 'binary' }), { maxKeys: 3 }),
      (message, fields) => {
        const { log, text } = capture(true)
        log.info({ fields }, message)
        assert.match(text(), /^[^\p{Cc}\u2028\u2029]*\n$/u)
      },
    ),
  )
})

test('no field makes the log throw', () => {
  const loop: Record<string, unknown> = {}
  loop.self = loop
  fc.assert(
    fc.property(fc.anything({ withBigInt: true, withDate: true, withMap: true, withTypedArray: true }), (value) => {
      const { log, text } = capture(false)
      log.debug({ value, loop }, 'anything')
      assert.match(text(), /"msg":"anything"}\n$/)
    }),
  )
})
