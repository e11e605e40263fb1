import type { Wish } from '../support/http.ts'

/** Bodies that no route has a use for, whatever it is. */
export const hostileBodies: readonly [name: string, wish: Wish][] = [
  ['broken JSON', { raw: '{"a":', headers: { 'Content-Type': 'application/json' } }],
  ['an array', { json: [] }],
  ['null', { json: null }],
  ['an unknown field', { json: { user_id: 1, verified: true, role_: 'admin' } }],
  ['NUL', { json: { username: 'a\u0000b', name: '\u0000', identifier: '\u0000' } }],
  [
    'a lone surrogate',
    {
      raw: '{"username":"\\ud800","name":"\\ud800","identifier":"\\ud800"}',
      headers: { 'Content-Type': 'application/json' },
    },
  ],
  ['__proto__', { raw: '{"__proto__":{"role":"admin"}}', headers: { 'Content-Type': 'application/json' } }],
  [
    'deep nesting',
    { raw: `{"a":${'['.repeat(50_000)}${']'.repeat(50_000)}}`, headers: { 'Content-Type': 'application/json' } },
  ],
  ['plain text', { raw: 'hello', headers: { 'Content-Type': 'text/plain' } }],
  [
    'bytes that are no UTF-8',
    { raw: Buffer.from([0xff, 0xfe, 0x00]), headers: { 'Content-Type': 'application/json' } },
  ],
  ['1.5 MiB', { json: { password: 'x'.repeat(1_500_000) } }],
]
