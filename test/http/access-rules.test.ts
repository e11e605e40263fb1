import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type AccessRule, createRuleTable } from '../../src/http/access-rules.ts'
import { readHost, readPath } from '../../src/http/request-target.ts'

const rule = (path: string, more: Partial<AccessRule> = {}): AccessRule => ({
  path,
  accepts: ['access-token'],
  requires: [],
  public: false,
  ...more,
})

function asking(rules: readonly AccessRule[]) {
  const find = createRuleTable(rules)
  return (target: string, method = 'GET', host = 'app.example.com') => {
    const at = readPath(target)
    return at === null ? 'unreadable' : find({ method, host, at })
  }
}

test('the first rule that fits counts, by host, path and method; what none fits is refused', () => {
  const ask = asking([
    rule('/admin/**'),
    rule('/reports', { methods: ['GET'] }),
    rule('/**', { host: 'www.example.com' }),
    rule('/shop/**'),
  ])
  const found = (index: number) => ({ found: index })
  const missing = { refused: 'rule_missing' }
  assert.deepEqual(ask('/admin'), found(0))
  assert.deepEqual(ask('/admin/'), found(0))
  assert.deepEqual(ask('/admin/a/b'), found(0))
  assert.deepEqual(ask('/administrator'), missing)
  assert.deepEqual(ask('/reports'), found(1))
  assert.deepEqual(ask('/reports', 'HEAD'), found(1))
  assert.deepEqual(ask('/reports', 'POST'), missing)
  assert.deepEqual(ask('/reports/a'), missing)
  assert.deepEqual(ask('/anything', 'GET', 'www.example.com'), found(2))
  assert.deepEqual(ask('/shop/a'), found(3))
  assert.deepEqual(ask('/'), missing)
  assert.deepEqual(asking([])('/'), missing)
})

test('a spelling that only some servers take for the path of another rule is refused', () => {
  const ask = asking([rule('/admin/**'), rule('/reports'), rule('/**', { public: true })])
  const ambiguous = { refused: 'address_ambiguous' }
  for (const target of ['/ADMIN', '/Admin/x', '/reports/', '/REPORTS', '/admin.', '/admin%20/x', '/%EF%BD%81dmin'])
    assert.deepEqual(ask(target), ambiguous, target)
  assert.deepEqual(ask('/About/'), { found: 2 })
})

/** How lenient servers might read a target before they look for a route. */
const lenient: readonly ((path: string) => string)[] = [
  (path) => path,
  (path) => decodeURIComponent(path),
  (path) => new URL(`http://h${path}`).pathname,
  (path) => path.toLowerCase(),
  (path) => path.toUpperCase().toLowerCase(),
  (path) => path.replace(/\/+/g, '/'),
  (path) => path.replace(/;[^/]*/g, ''),
  (path) => path.replaceAll('\\', '/'),
  (path) => path.replace(/(.)\/$/, '$1'),
  (path) => path.replace(/[. ]+(?=\/|$)/g, ''),
  (path) => path.normalize('NFKC'),
  (path) => path.replace(/\0.*/, ''),
]

test('no spelling reaches a path under a rule that it does not match', () => {
  const ask = asking([rule('/admin/**'), rule('/secret'), rule('/open/**', { public: true }), rule('/**')])
  const under = (path: string) =>
    path === '/secret' ? 1 : /^\/admin(\/|$)/.test(path) ? 0 : /^\/open(\/|$)/.test(path) ? 2 : 3
  const word = fc.constantFrom('admin', 'secret', 'open', 'x', 'Admin', 'SECRET', '%61dmin', 'secre%74', '%73ecret')
  const glue = fc.constantFrom(
    '/',
    '/',
    '/',
    '//',
    '/./',
    '/../',
    '/%2e%2e/',
    '%2f',
    '\\',
    '%5c',
    ';x/',
    '/..;/',
    '%00',
    '.',
    '%20',
    '/%252e%252e/',
    '%c0%af',
    '%EF%BC%8F',
    'ſ',
  )
  let accepted = 0
  fc.assert(
    fc.property(
      fc.array(fc.tuple(glue, word), { minLength: 1, maxLength: 4 }),
      fc.constantFrom('', '/', '.', '?a=/admin'),
      (parts, end) => {
        const target = `/${parts.map(([between, text], at) => `${at === 0 && between === '/' ? '' : between}${text}`).join('')}${end}`
        const finding = ask(target)
        if (typeof finding === 'string' || 'refused' in finding) return
        accepted += 1
        const [sent = ''] = target.split('?')
        // One reading after another, as a chain of servers would; whoever answers has decoded it.
        for (const first of lenient)
          for (const second of lenient) {
            let read = sent
            try {
              read = second(decodeURIComponent(first(sent)))
            } catch {
              continue
            }
            assert.equal(finding.found, under(read), `${target} is read as ${read}`)
          }
      },
    ),
    { numRuns: 500 },
  )
  assert.ok(accepted > 20, String(accepted))
})

test('a host in another spelling is the same host', () => {
  const find = createRuleTable([rule('/**', { host: 'app.example.com' })])
  const at = readPath('/') ?? assert.fail()
  for (const host of ['APP.example.com', 'app.example.com.', 'app.example.com:81'])
    assert.deepEqual(find({ method: 'GET', host: readHost(host) ?? '', at }), { found: 0 })
  assert.deepEqual(find({ method: 'GET', host: 'xapp.example.com', at }), { refused: 'rule_missing' })
})
