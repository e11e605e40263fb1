import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { faceOf } from '../../src/core/faces.ts'
import { defaultRoles } from '../../src/core/roles.ts'

/** Written out again on purpose: what somebody is at a door changes only when somebody changes it here, too. */
const table = {
  guest: ['user', 0, 'guest', false, false],
  user: ['user', 4, 'guest', false, false],
  tester: ['tester', 4, 'guest', false, false],
  contributor: ['user', 4, 'contributor', false, false],
  editor: ['curator', 5, 'editor', false, false],
  curator: ['curator', 5, 'editor', false, false],
  bughunter: ['bughunter', 6, 'guest', false, false],
  support: ['support', 8, 'contributor', true, false],
  admin: ['admin', 9, 'admin', true, true],
} as const

for (const [role, [freesewing, level, apostrophe, isStaff, isSuperuser]] of Object.entries(table)) {
  describe(`a ${role}`, () => {
    test(`is ${freesewing} for FreeSewing`, () => assert.equal(faceOf(role).freesewing.role, freesewing))
    test(`has level ${level} at FreeSewing`, () => assert.equal(faceOf(role).freesewing.level, level))
    test(`is ${apostrophe} for Apostrophe`, () => assert.equal(faceOf(role).apostrophe, apostrophe))
    test(`${isStaff ? 'is' : 'is no'} staff for LibrePhotos`, () =>
      assert.equal(faceOf(role).librephotos.isStaff, isStaff))
    test(`${isSuperuser ? 'is' : 'is no'} superuser for LibrePhotos`, () =>
      assert.equal(faceOf(role).librephotos.isSuperuser, isSuperuser))
  })
}

test('every built-in role has a face of its own', () => {
  assert.deepEqual(Object.keys(table).sort(), Object.keys(defaultRoles).sort())
})

test('a role of the operator, whatever it is called, has the face of an ordinary user and never more', () => {
  for (const role of ['staff', 'constructor', '__proto__', 'toString'])
    assert.deepEqual(faceOf(role), {
      freesewing: { role: 'user', level: 4 },
      apostrophe: 'guest',
      librephotos: { isStaff: false, isSuperuser: false },
    })
})
