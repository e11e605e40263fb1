import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { fieldLessons } from './lessons.ts'
import { type Rule, securityRules } from './rules.ts'
import { apostropheRules } from './rules-apostrophe.ts'
import { consoleRules } from './rules-console.ts'
import { djangoRules } from './rules-django.ts'
import { doorRules } from './rules-doors.ts'
import { photoRules } from './rules-photos.ts'
import { pieceRules } from './rules-pieces.ts'
import { serviceRules } from './rules-services.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** Names of the tests of a file, as they are written; `…` stands for what a name is made of. */
function testsOf(file: string): ReadonlySet<string> {
  const source = readFileSync(join(root, 'test', file), 'utf8')
  const named = source.matchAll(/\b(?:test|guarantee|describe)\(\s*(['"`])((?:\\.|(?!\1)[^\\])*)\1/g)
  return new Set([...named].map(([, , name = '']) => name.replace(/\\(['"`])/g, '$1').replace(/\$\{[^}]*\}/g, '…')))
}

function missing(rules: readonly Rule[]): readonly string[] {
  const names = new Map<string, ReadonlySet<string>>()
  const found: string[] = []
  for (const { says, proven } of rules) {
    assert.ok(Object.values(proven).flat().length > 0, `${says}: no test`)
    for (const [file, wanted] of Object.entries(proven)) {
      if (!names.has(file)) names.set(file, existsSync(join(root, 'test', file)) ? testsOf(file) : new Set())
      for (const name of wanted) if (names.get(file)?.has(name) !== true) found.push(`${says}: ${file}: ${name}`)
    }
  }
  return found
}

test('each rule of security and each lesson of other systems has its tests, and they are there', () => {
  assert.deepEqual(missing(securityRules), [])
  assert.deepEqual(missing(doorRules), [])
  assert.deepEqual(missing(djangoRules), [])
  assert.deepEqual(missing(photoRules), [])
  assert.deepEqual(missing(apostropheRules), [])
  assert.deepEqual(missing(pieceRules), [])
  assert.deepEqual(missing(consoleRules), [])
  assert.deepEqual(missing(serviceRules), [])
  assert.deepEqual(missing(fieldLessons), [])
  const doors = [...doorRules, ...djangoRules, ...photoRules, ...apostropheRules, ...pieceRules, ...serviceRules]
  const all = [...securityRules, ...doors, ...consoleRules, ...fieldLessons].map(({ says }) => says)
  assert.equal(new Set(all).size, all.length)
})

test('a test that is not there, or is only named in a text, is missed', () => {
  const rule = (file: string, name: string): readonly Rule[] => [{ says: 'x', proven: { [file]: [name] } }]
  const own = 'security/rules.test.ts'
  assert.deepEqual(missing(rule(own, 'a test that is not there, or is only named in a text, is missed')), [])
  assert.equal(missing(rule(own, 'each rule')).length, 1)
  assert.equal(missing(rule(own, 'no such test')).length, 1)
  assert.equal(missing(rule('security/none.test.ts', 'no such test')).length, 1)
  // That text is not the first argument of a test.
  assert.equal(missing(rule('security/lessons.ts', 'revocation survives a restart')).length, 1)
})

/** How many requirements each section of OWASP ASVS 5.0.0 has, chapters V6, V7, V9 and V10. */
const sections: Readonly<Record<string, number>> = {
  '6.1': 3,
  '6.2': 12,
  '6.3': 8,
  '6.4': 6,
  '6.5': 8,
  '6.6': 4,
  '6.7': 2,
  '6.8': 4,
  '7.1': 3,
  '7.2': 4,
  '7.3': 2,
  '7.4': 5,
  '7.5': 3,
  '7.6': 2,
  '9.1': 3,
  '9.2': 4,
  '10.1': 2,
  '10.2': 3,
  '10.3': 5,
  '10.4': 16,
  '10.5': 5,
  '10.6': 2,
  '10.7': 3,
}
const verdicts = ['met', 'partly', 'not met', 'not applicable']

test('SECURITY.md has one line for each requirement of ASVS 5.0, chapters 6, 7, 9 and 10', () => {
  const text = readFileSync(join(root, 'SECURITY.md'), 'utf8')
  const rows = [...text.matchAll(/^\| V(\d+\.\d+\.\d+) \| (.+?) \| (.+?) \| (.+?) \|$/gm)]
  const wanted = Object.entries(sections).flatMap(([section, count]) =>
    Array.from({ length: count }, (_, index) => `${section}.${index + 1}`),
  )
  assert.deepEqual(
    rows.map(([, id]) => id),
    wanted,
  )
  for (const [, id, says = '', verdict = '', where = ''] of rows) {
    assert.ok(says.length > 10 && where.length > 10, `V${id} says too little`)
    assert.ok(verdicts.includes(verdict), `V${id}: ${verdict}`)
    const files = [...where.matchAll(/`([\w./-]+\/[\w.-]+\.(?:ts|md))`/g)].map(([, path = '']) => path)
    for (const path of files) assert.ok(existsSync(join(root, path)), `V${id} names ${path}, which is not there`)
    // What is said to be met can be looked up.
    if (verdict === 'met' || verdict === 'partly') {
      assert.ok(files.length > 0 || /above|"[^"]+"/.test(where), `V${id} does not say where`)
    }
  }
})
