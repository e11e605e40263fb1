import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { preferred } from '../../src/http/accept.ts'

const offered = ['application/json', 'text/html', 'application/yaml'] as const
const wanted = (accept: string | null) => preferred(accept, offered)

test('a browser gets the page, a program the data', () => {
  assert.equal(wanted('text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8'), 'text/html')
  assert.equal(wanted('*/*'), 'application/json')
  assert.equal(wanted(null), 'application/json')
})

test('weights count, and the closer range decides for a type', () => {
  assert.equal(wanted('application/json;q=0.5, application/yaml'), 'application/yaml')
  assert.equal(wanted('text/*;q=0.9, application/*;q=0.1'), 'text/html')
  assert.equal(wanted('*/*, application/json;q=0'), 'text/html')
  assert.equal(wanted('APPLICATION/YAML ; Q=0.4'), 'application/yaml')
})

test('who accepts nothing that there is gets the first rather than a refusal', () => {
  assert.equal(wanted('image/png'), 'application/json')
  assert.equal(wanted('text/html;q=0'), 'application/json')
  assert.equal(wanted(''), 'application/json')
})

test('no header throws, is slow, or brings out what is not offered', () => {
  const part = fc.constantFrom(
    'text/html',
    '*/*',
    'application/yaml',
    ';',
    'q=',
    'q=1',
    ',',
    '=',
    '0.5',
    ' ',
    'q=2',
    'x',
  )
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ maxLength: 300 }),
        fc.array(part, { maxLength: 400 }).map((parts) => parts.join('')),
      ),
      (accept) => offered.includes(wanted(accept)),
    ),
  )
})
