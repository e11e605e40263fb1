import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Command } from 'commander'
import { printable } from '../../src/cli/output.ts'
import { createProgram } from '../../src/cli/run.ts'

const verbs = (command: Command): Command[] =>
  command.commands.length === 0 ? [command] : command.commands.flatMap(verbs)
const nameOf = (command: Command): string =>
  (command.parent === null ? '' : `${nameOf(command.parent)} ${command.name()}`).trim()

function helpOf(command: Command): string {
  let text = ''
  command.configureOutput({
    writeOut(part) {
      text += part
    },
  })
  command.outputHelp()
  return text
}

const program = createProgram(process, () => {})

test('every verb that there has to be is there', () => {
  const users = ['create', 'list', 'show', 'set-role', 'set-password', 'disable', 'enable', 'delete', 'grant'].map(
    (verb) => `user ${verb}`,
  )
  const credentials = ['key', 'token'].flatMap((noun) => ['create', 'list', 'revoke'].map((verb) => `${noun} ${verb}`))
  const keys = ['list', 'rotate', 'revoke', 're-wrap'].map((verb) => `signing-key ${verb}`)
  assert.deepEqual(
    verbs(program).map(nameOf).sort(),
    [
      ...users,
      ...credentials,
      ...keys,
      'backup',
      'config',
      'doctor',
      'migrate',
      'photos assign',
      'photos folders',
      'photos scan',
      'photos unassign',
      'pieces import',
      'restore',
      'serve',
    ].sort(),
  )
})

for (const verb of verbs(program)) {
  test(`the help of ${nameOf(verb)} has an example of it, and --json`, () => {
    const help = helpOf(verb)
    assert.ok(help.includes(`Example:\n  $ npx --no cardea ${nameOf(verb)}`), help)
    assert.match(help, /--json/)
  })
}

test('no verb takes a password or secret as an argument', () => {
  for (const verb of verbs(program)) {
    for (const { long, required, optional } of verb.options) {
      if (/password|secret|code/.test(long ?? '')) assert.ok(!required && !optional, `${nameOf(verb)} ${long}`)
    }
  }
})

test('nothing that is shown moves the cursor', () => {
  assert.equal(printable('a\u001b[31mb\r\nc\u202ed'), 'a\\u001b[31mb\\u000d\\u000ac\\u202ed')
})
