import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { after, afterEach, before, describe, test } from 'node:test'
import type { Browser } from 'playwright-core'
import { emptyOffice, type Office } from '../../src/apis/native/office.ts'
import { noBrowser, openBrowser } from '../support/browser.ts'
import { signInAs, startConsole, type Visit, visit } from '../support/console.ts'
import { goodPassword, makeUser, origin } from '../support/people.ts'
import { declared, newsroom } from '../support/pieces.ts'
import type { TestServer } from '../support/server.ts'

/* What administrators see of the server: its log, its numbers, its keys, its settings, how it is. */

const setting = { unit: null, default: 'none', source: 'default', shown: true, isSet: true } as const
const office: Office = {
  settings: () => ({
    strict: false,
    file: '/etc/cardea.config.ts',
    relaxations: ['The public URL is http.'],
    settings: [
      { ...setting, setting: 'port', variable: 'CARDEA_PORT', value: 4000, doc: 'TCP port to listen on.' },
      {
        ...setting,
        setting: 'session.idleSeconds',
        variable: 'CARDEA_SESSION_IDLE_SECONDS',
        value: 3600,
        unit: 'seconds',
        source: 'environment',
        doc: 'A session ends when it was not used for this long.',
      },
      { ...setting, setting: 'secret', variable: 'CARDEA_SECRET', value: null, shown: false, doc: 'Root secret.' },
    ],
  }),
  state: () => ({
    ...emptyOffice.state(),
    version: '9.9.9',
    jobs: [
      { name: 'flush-last-used', everySeconds: 30, running: false, lastRunAt: 0, lastMillis: 3, failed: false },
      { name: 'purge-outbox', everySeconds: 3600, running: false, lastRunAt: 0, lastMillis: 3, failed: true },
    ],
  }),
}

describe('in a browser', { skip: noBrowser }, () => {
  let browser: Browser
  let server: TestServer
  let root: Visit
  before(async () => {
    server = await startConsole({ office, settings: { pieces: { types: declared(newsroom) } } })
    browser = await openBrowser()
    await makeUser(server, { username: 'root', role: 'admin', password: goodPassword })
    root = await visit(browser, server)
    await signInAs(root, 'root', goodPassword)
    await root.page.getByRole('heading', { level: 1, name: 'Hello, root' }).waitFor()
  })
  after(async () => {
    await browser?.close()
    await server.close()
  })
  afterEach(() => assert.deepEqual(root.faults, []))

  /** Of the page itself, whatever dialog is open over it. */
  const button = (name: string) => root.page.locator('#content').getByRole('button', { name, exact: true })
  const dialog = () => root.page.getByRole('dialog')
  const entries = (text: string) => root.page.locator('.event-kind', { hasText: text })
  const note = (user: string, kind: 'username-changed' | 'role-changed' = 'username-changed') =>
    server.core.events.record({ kind, user, origin })

  test('the log is filtered by what, whom and when, says more of an entry, and the filters stand in the address', async () => {
    const user = await makeUser(server, { username: 'logged' })
    await note(user.publicId)
    const { page } = root
    await root.go('/admin/events')
    await entries('User name changed').waitFor()
    await page.getByLabel('What').selectOption('username-changed')
    await page.getByRole('combobox', { name: 'About' }).fill('logg')
    await page.getByRole('option', { name: 'logged' }).click()
    await entries('Signed in').waitFor({ state: 'hidden' })
    assert.match(page.url(), new RegExp(`user=${user.publicId}`))
    await page.reload()
    await page.locator('summary', { hasText: 'User name changed' }).click()
    await page.getByText('192.0.2.1, test').waitFor()
    await page.getByText('username-changed', { exact: true }).last().waitFor()
    await page.getByLabel('Up to').fill('2020-01-01')
    await page.getByText('Nothing fits these filters').waitFor()
  })

  test('followed live, what happens appears by itself and nothing twice', async () => {
    const user = await makeUser(server, { username: 'lively' })
    const { page } = root
    await root.go(`/admin/events?user=${user.publicId}`)
    await page.getByLabel('Follow live').check()
    await page.getByText('Live: new entries come by themselves.').waitFor()
    await note(user.publicId, 'role-changed')
    await entries('Role changed').waitFor()
    await page.reload()
    await page.getByText('Live: new entries come by themselves.').waitFor()
    assert.equal(await entries('Role changed').count(), 1)
    await page.getByLabel('Follow live').uncheck()
    for (let tries = 0; server.core.eventTail.count() > 0 && tries < 100; tries += 1) await page.waitForTimeout(20)
    assert.equal(server.core.eventTail.count(), 0, 'who does not follow any more holds no connection')
  })

  test('the log is saved as CSV and as JSON Lines, with the filters that are set', async () => {
    const user = await makeUser(server, { username: 'exported' })
    await note(user.publicId)
    await root.go(`/admin/events?user=${user.publicId}`)
    for (const [choice, name] of [
      ['As CSV', 'audit-log.csv'],
      ['As JSON Lines', 'audit-log.jsonl'],
    ] as const) {
      await button('Export').click()
      const [file] = await Promise.all([
        root.page.waitForEvent('download'),
        root.page.getByRole('menuitem', { name: choice }).click(),
      ])
      assert.equal(file.suggestedFilename(), name)
      const text = await readFile(await file.path(), 'utf8')
      assert.match(text, /username-changed/)
      assert.doesNotMatch(text, /sign-in/)
    }
  })

  test('sign-ins by day are plotted, and stand in a table as well', async () => {
    const { page } = root
    await root.go('/admin/statistics')
    const chart = page.getByRole('img', { name: /^Good sign-ins: \d+ in all/ })
    await chart.waitFor()
    assert.equal(await chart.locator('rect').count(), 30)
    await page.getByLabel('Period').selectOption('7')
    await page.waitForURL(/days=7/)
    await page.getByText('The numbers as a table').click()
    assert.equal(await page.getByRole('row').count(), 8)
  })

  test('a signing key is rotated at once', async () => {
    const { page } = root
    await server.core.signingKeys.current('access')
    await root.go('/admin/signing-keys')
    await button('Rotate now: Access tokens').click()
    await dialog().getByRole('button', { name: 'Rotate now' }).click()
    await page.getByText('verifies', { exact: true }).waitFor()
    const states = await server.core.signingKeys.list()
    assert.equal(states.filter(({ use }) => use === 'access').length, 2)
  })

  test('of a piece type it is seen what anybody sees, beside the whole', async () => {
    const { page } = root
    await root.go('/admin/pieces')
    const row = (name: string) => page.getByRole('row', { name: new RegExp(`^${name} `) })
    await row('place').getByText('in part').waitFor()
    await page.getByRole('heading', { name: 'A document, seen by two' }).waitFor()
    assert.equal(await row('body').last().getByText('not public').count(), 1)
    await page.getByLabel('Type').selectOption('memo')
    await page.getByText('Nobody without an account sees anything of this type.').waitFor()
    assert.match(page.url(), /type=memo/)
  })

  test('settings are found and say where they come from, and a secret says only that it is set', async () => {
    const { page } = root
    await root.go('/admin/configuration')
    await page.getByText('The public URL is http.').waitFor()
    await page.getByText('set, hidden').waitFor()
    await page.getByLabel('Only what was set').check()
    await page.getByText('1 setting', { exact: true }).first().waitFor()
    await page.getByText('3,600 seconds').waitFor()
    await page.getByLabel('Search').fill('port')
    await page.getByText('Nothing fits these filters').waitFor()
  })

  test('health says what needs somebody', async () => {
    const { page } = root
    await server.core.feed.sync()
    await root.go('/admin/health')
    await page.getByText('Something needs you.').waitFor()
    await page.getByText('The scheduled work “purge-outbox” failed.').waitFor()
    await page.getByText('9.9.9').waitFor()
    await page.getByText(/SQLite, \d+ migrations/).waitFor()
  })
})
