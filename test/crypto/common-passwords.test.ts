import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isCommonPassword } from '../../src/crypto/common-passwords.ts'

test('the most common passwords are found, whatever their letter case or width', () => {
  for (const password of ['password', '12345678', 'Qwertyuiop', 'TRUSTNO1', 'ｐａｓｓｗｏｒｄ', '1qaz2wsx']) {
    assert.equal(isCommonPassword(password, []), true, password)
  }
})

test('a password of its own is not', () => {
  for (const password of ['correct horse battery staple', 'f9Kd-27xq-Lwp0', 'пароль мой велик', '']) {
    assert.equal(isCommonPassword(password, ['alice', '']), false, password)
  }
})

test("the user's own names are common for that user, alone or with up to three digits", () => {
  const context = ['Margarethe', 'M.Schmitt-Obermeier@example.com']
  for (const password of ['margarethe', 'MARGARETHE1', 'margarethe123', '99margarethe', 'm.schmitt-obermeier7']) {
    assert.equal(isCommonPassword(password, context), true, password)
    assert.equal(isCommonPassword(password, []), false, password)
  }
  assert.equal(isCommonPassword('m.schmitt-obermeier@example.com', context), true)
  for (const password of ['margarethe1234', 'margarethe und ich', '12margarethe34', 'margareth']) {
    assert.equal(isCommonPassword(password, context), false, password)
  }
})

test('any text is answered', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.array(fc.string({ unit: 'binary' })), (password, context) => {
      assert.equal(typeof isCommonPassword(password, context), 'boolean')
      if (password.length > 0) assert.equal(isCommonPassword(password, [...context, password]), true)
    }),
  )
})
