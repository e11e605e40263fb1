import assert from 'node:assert/strict'
import { test } from 'node:test'
import { refusal, renderError, wire, words } from '../../../src/apis/freesewing/errors.ts'
import { CardeaError, type ErrorCode, publicTexts } from '../../../src/errors.ts'

const context = { requestId: 'id', fromBrowser: false }

test('every failure of the core has an answer, and none tells what we log', () => {
  assert.deepEqual(Object.keys(wire).sort(), Object.keys(publicTexts).sort())
  for (const code of Object.keys(publicTexts) as ErrorCode[]) {
    const extra = { mfa_ticket: 'ticket', scope: 'account:read' }
    const reply = renderError(new CardeaError(code, { internal: 'secret-thing', extra }), context)
    assert.ok(reply.status >= 400 && reply.status < 600, code)
    assert.doesNotMatch(JSON.stringify(reply), /secret-thing|ticket|account:read/, code)
  }
})

test('a word of the contract is answered with its status, and no other text passes for one', () => {
  for (const [word, status] of Object.entries(words)) {
    const reply = renderError(refusal(word as keyof typeof words), context)
    assert.deepEqual([reply.status, reply.body], [status, { result: 'error', error: word }])
  }
  for (const message of ['constructor', 'toString', '__proto__', 'must be text', '']) {
    const reply = renderError(new CardeaError('request_invalid', { fields: [{ field: 'x', message }] }), context)
    assert.deepEqual(reply.body, { result: 'error', error: 'requestInvalid' })
  }
})
