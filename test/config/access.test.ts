import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConfigError } from '../../src/config/config-error.ts'
import { loadConfig } from '../../src/config/load.ts'
import type { Settings } from '../../src/config/options.ts'
import { usualKinds } from '../../src/http/access-rules.ts'

const load = (settings: object, embedded = false) =>
  loadConfig({
    settings: { trustedProxies: ['127.0.0.1'], ...settings } as Settings,
    environment: {},
    folder: '/nowhere',
    builtInRoles: { user: [] },
    embedded,
  })

const refusal = async (settings: object, embedded = false): Promise<string> => {
  const error = await load(settings, embedded).then(
    () => null,
    (thrown: unknown) => thrown,
  )
  assert.ok(error instanceof ConfigError, `nothing was refused: ${JSON.stringify(settings)}`)
  return error.message
}

test('rules are read with what they leave out', async () => {
  const { access } = await load({
    rules: [
      { path: '/assets/**', methods: ['GET'], public: true },
      { host: 'app.example.com', path: '/**', accepts: ['api-key'], requires: 'a:read', audience: 'urn:app' },
      { path: '/own/**', passCredentials: true },
      { path: '/kept', passCredentials: false },
    ],
  })
  assert.deepEqual(access.rules, [
    { path: '/assets/**', methods: ['GET'], accepts: usualKinds, requires: [], public: true },
    {
      host: 'app.example.com',
      path: '/**',
      accepts: ['api-key'],
      requires: ['a:read'],
      public: false,
      audience: 'urn:app',
    },
    { path: '/own/**', accepts: usualKinds, requires: [], public: false, passCredentials: true },
    { path: '/kept', accepts: usualKinds, requires: [], public: false },
  ])
  assert.equal(
    (await load({ signInUrl: 'https://login.example.com/in' })).access.signInUrl,
    'https://login.example.com/in',
  )
})

test('a rule that is wrong stops the start and is named', async () => {
  for (const [rule, says] of [
    [{}, /rule 1 path must begin/],
    ['x', /rule 1 must be an object/],
    [{ path: 'a' }, /rule 1 \(a\) path must begin/],
    [{ path: '/a*' }, /path must begin/],
    [{ path: '/a/**/b' }, /path must begin/],
    [{ path: '/a//**' }, /path must begin/],
    [{ path: '/a/../b' }, /path must begin/],
    [{ path: '/a%20b' }, /path must begin/],
    [{ path: '/a;b' }, /path must begin/],
    [{ path: '/a?b' }, /path must begin/],
    [{ path: '/a', host: 'App.example.com' }, /host must be/],
    [{ path: '/a', host: 'app.example.com:80' }, /host must be/],
    [{ path: '/a', methods: ['get'] }, /methods must be/],
    [{ path: '/a', methods: [] }, /methods must be/],
    [{ path: '/a', accepts: ['refresh-token'] }, /accepts must be/],
    [{ path: '/a', accepts: [] }, /lets nobody in/],
    [{ path: '/a', requires: 'a b' }, /requires must be/],
    [{ path: '/a', public: 'yes' }, /public must be/],
    [{ path: '/a', public: true, requires: 'a:b' }, /cannot be public/],
    [{ path: '/a', pubilc: true }, /none of host, path/],
    [{ path: '/a', passCredentials: 1 }, /passCredentials must be true or false/],
    [{ path: '/a', passCredentials: 'true' }, /passCredentials must be/],
    [{ path: '/a', audience: 'a b' }, /audience must be/],
    [{ path: '/a', audience: 'http://127.0.0.1:4000' }, /audience is this server's own/],
  ] as const)
    assert.match(await refusal({ rules: [rule] }), says, JSON.stringify(rule))
  assert.match(await refusal({ rules: [{ path: '/ok' }, { path: 'bad' }] }), /rule 2 \(bad\)/)
  const hidden = [{ path: '/a/**' }, { path: '/a/b', methods: ['GET'] }]
  assert.match(await refusal({ rules: hidden }), /rule 2 \(\/a\/b\) is never reached: rule 1 takes all of it/)
  await load({ rules: [{ path: '/a', methods: ['GET'] }, { path: '/a' }, { path: '/ab' }, { path: '/**' }] })
  assert.match(await refusal({ rules: [{ path: '/**' }], trustedProxies: [] }), /trustedProxies.*must name the proxy/)
  for (const signInUrl of [
    'javascript:alert(1)',
    '/in',
    'https://user@host/',
    'https://host/?return_to=x',
    'https://host/#a',
  ])
    assert.match(await refusal({ signInUrl }), /signInUrl.*must be an http or https address/, signInUrl)
})

test('services are read with what they leave out', async () => {
  const { gateway } = await load({
    upstreams: [
      { prefix: '/shop', target: 'http://127.0.0.1:8080' },
      {
        prefix: '/stock',
        target: 'https://[::1]/v2/',
        publicApiProjection: { title: 1, 'a.b': true },
        publicQuery: ['page'],
      },
    ],
  })
  const [shop, stock] = gateway.upstreams
  assert.deepEqual(shop, {
    prefix: '/shop',
    target: { protocol: 'http:', host: '127.0.0.1', port: 8080, authority: '127.0.0.1:8080', path: null },
    accepts: usualKinds,
    requires: [],
    audience: 'http://127.0.0.1:8080',
    open: null,
  })
  assert.deepEqual(stock?.target, { protocol: 'https:', host: '::1', port: 443, authority: '[::1]', path: '/v2' })
  assert.deepEqual(stock?.open, { paths: ['title', 'a.b'], query: ['page'] })
})

test('a service that is wrong stops the start and is named', async () => {
  const fine = { prefix: '/shop', target: 'http://127.0.0.1:8080' }
  for (const [upstream, says] of [
    [{ ...fine, prefix: '/' }, /item 1 prefix must be/],
    [{ ...fine, prefix: '' }, /item 1 prefix must be/],
    [{ ...fine, prefix: '/Shop' }, /item 1 prefix must be/],
    [{ ...fine, prefix: '/auth/x' }, /\/auth\/x: must not begin with \/auth/],
    [{ ...fine, prefix: '/console' }, /must not begin with \/console/],
    [{ ...fine, target: 'ftp://x' }, /target must be/],
    [{ ...fine, target: 'http://user@x' }, /target must be/],
    [{ ...fine, target: 'http://x/?a' }, /target must be/],
    [{ ...fine, target: 'http://x/a/../b' }, /target must be/],
    [{ ...fine, target: 'http://127.0.0.1:4000' }, /this server's own/],
    [{ ...fine, publicApiProjection: {} }, /publicApiProjection must be/],
    [{ ...fine, publicApiProjection: { a: 0 } }, /publicApiProjection must be/],
    [{ ...fine, publicApiProjection: { 'a.__proto__': 1 } }, /publicApiProjection must be/],
    [{ ...fine, publicApiProjection: { $where: 1 } }, /publicApiProjection must be/],
    [{ ...fine, publicQuery: ['a'] }, /goes with publicApiProjection/],
    [{ ...fine, accepts: [] }, /lets nobody in/],
    [{ ...fine, passCredentials: true }, /none of prefix, target/],
    [{ ...fine, timeout: 1 }, /none of prefix, target/],
  ] as const)
    assert.match(await refusal({ upstreams: [upstream] }), says, JSON.stringify(upstream))
  assert.match(
    await refusal({ upstreams: [fine, { ...fine, prefix: '/shop/a' }] }),
    /\/shop\/a and \/shop lie in each other/,
  )
  assert.match(await refusal({ upstreams: [fine] }, true), /need a server of their own/)
})
