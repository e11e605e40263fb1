import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dayAhead, endOfDay, endsSoon, isOver } from '../../ui/src/account/ends.ts'
import { deviceOf } from '../../ui/src/parts/device.ts'
import { plural } from '../../ui/src/texts/plural.ts'
import { agoText } from '../../ui/src/texts/time.ts'

const now = Date.parse('2027-01-31T12:00:00Z')
const day = 86_400_000
const iso = (at: number) => new Date(at).toISOString()

test('a device is called what people call it, whatever its browser calls itself besides', () => {
  const chrome = 'AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36'
  const names = {
    [`Mozilla/5.0 (X11; Linux x86_64) ${chrome}`]: 'Chrome on Linux',
    [`Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${chrome} Edg/140.0.0.0`]: 'Edge on Windows',
    [`Mozilla/5.0 (Linux; Android 15; Pixel 9) ${chrome}`]: 'Chrome on Android',
    'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile/15E148 Safari/604.1':
      'Safari on iPhone',
    'Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:140.0) Gecko/20100101 Firefox/140.0': 'Firefox on Mac',
    'curl/8.9.1': 'curl',
    'python-requests/2.32': 'python-requests',
    '<b>x</b>': 'Unknown device',
    '': 'Unknown device',
  }
  for (const [agent, name] of Object.entries(names)) assert.equal(deviceOf(agent), name, agent)
})

test('what ends within a week is marked, what is over is over, and what never ends is neither', () => {
  assert.deepEqual([endsSoon(iso(now + 6 * day), now), isOver(iso(now + 6 * day), now)], [true, false])
  assert.deepEqual([endsSoon(iso(now + 8 * day), now), isOver(iso(now + 8 * day), now)], [false, false])
  assert.deepEqual([endsSoon(iso(now), now), isOver(iso(now), now)], [false, true])
  assert.deepEqual([endsSoon(null, now), isOver(null, now)], [false, false])
})

test('a day that is picked ends at its end, where the person is; what is no date is none', () => {
  assert.equal(endOfDay('2027-02-28')?.getHours(), 23)
  assert.equal(endOfDay('2027-02-28')?.getDate(), 28)
  assert.equal(endOfDay(''), null)
  assert.equal(endOfDay('tomorrow'), null)
  assert.match(dayAhead(1, now), /^2027-02-01$|^2027-01-31$|^2027-02-02$/)
})

test('numbers and times are said as the language says them', () => {
  const forms = { one: '# key', other: '# keys' }
  assert.deepEqual(
    [0, 1, 2, 1200].map((count) => plural(count, forms)),
    ['0 keys', '1 key', '2 keys', '1,200 keys'],
  )
  assert.equal(agoText(iso(now - 3 * 3_600_000), now), '3 hours ago')
  assert.equal(agoText(iso(now + 2 * day + 1000), now), 'in 2 days')
  assert.equal(agoText(iso(now - 5000), now), 'now')
})
