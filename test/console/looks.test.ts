import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, describe, test } from 'node:test'
import type { Browser } from 'playwright-core'
import { noBrowser, openBrowser } from '../support/browser.ts'
import { keepPicture, signInAs, startConsole, visit } from '../support/console.ts'
import { findings, lookAt } from '../support/looks.ts'
import { goodPassword, makeUser } from '../support/people.ts'
import type { TestServer } from '../support/server.ts'
import { testEngine } from '../support/store.ts'

/** The addresses of an area, as its table of routes has them; those with a parameter need something to stand for it. */
function pathsOf(area: string): readonly string[] {
  const table = readFileSync(new URL(`../../ui/src/${area}/routes.ts`, import.meta.url), 'utf8')
  return Array.from(table.matchAll(/\bpath: '([^':]+)'/g), ([, path = '']) => path)
}

// They look alike whatever the store is.
describe('in a browser', { skip: testEngine === 'sqlite' ? noBrowser : 'looked at once, on SQLite' }, () => {
  let browser: Browser
  let server: TestServer
  before(async () => {
    server = await startConsole()
    browser = await openBrowser()
    await makeUser(server, { username: 'ada', email: 'ada@example.com', role: 'admin', password: goodPassword })
  })
  after(async () => {
    await browser?.close()
    await server.close()
  })

  test('the pages of who is not in yet can be used by everybody', async () => {
    const one = await visit(browser, server)
    for (const path of pathsOf('entry')) {
      await one.go(`${path}#token=none`)
      await one.page.getByRole('heading', { level: 1 }).waitFor()
      await lookAt(one, `entry${path.replaceAll('/', '-')}`)
    }
    assert.deepEqual(one.faults, [])
    await one.context.close()
  })

  test('the pages of who is signed in can be used by everybody', async () => {
    const { body } = await server.send('POST', '/auth/sign-in', {
      json: { identifier: 'ada', password: goodPassword },
      headers: { 'User-Agent': 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0' },
    })
    const token = body.access_token as string
    const inDays = (days: number) => new Date(server.clock.now() + days * 86_400_000).toISOString()
    const made = [
      ['/auth/tokens', { name: 'nightly build', expires_at: inDays(90) }],
      ['/auth/tokens', { name: 'deploy of the docs', expires_at: inDays(3), scopes: ['account:read'] }],
      ['/auth/keys', { name: 'monitoring', scopes: ['account:read'], allow_addresses: ['192.0.2.0/24'] }],
      ['/auth/keys', { name: 'warehouse sync', expires_at: inDays(30) }],
    ] as const
    for (const [path, json] of made) assert.equal((await server.send('POST', path, { token, json })).status, 201)

    const one = await visit(browser, server)
    await signInAs(one, 'ada', goodPassword)
    await one.page.getByRole('heading', { level: 1, name: 'Hello, ada' }).waitFor()
    for (const path of ['account', 'calls', 'admin'].flatMap(pathsOf)) {
      await one.go(path)
      await one.page.getByRole('heading', { level: 1 }).waitFor()
      await one.page.waitForLoadState('networkidle')
      await lookAt(one, `in${path === '/' ? '-overview' : path.replaceAll('/', '-')}`)
    }
    await one.go('/nowhere')
    await one.page.getByText('There is no such page').waitFor()
    await lookAt(one, 'in-nowhere')
    assert.deepEqual(one.faults, [])
    await one.context.close()
  })

  test('the dialogs can be used by everybody, by keyboard alone', async () => {
    const one = await visit(browser, server)
    const { page } = one
    await signInAs(one, 'ada', goodPassword)
    await page.getByRole('heading', { level: 1, name: 'Hello, ada' }).waitFor()
    const press = async (name: string) => {
      await page.getByRole('button', { name, exact: true }).focus()
      await page.keyboard.press('Enter')
    }
    await one.go('/tokens')
    await press('New token')
    await page.getByRole('dialog', { name: 'New private token' }).waitFor()
    await page.keyboard.type('typed')
    await page.getByLabel('Only what is ticked').focus()
    await page.keyboard.press('Space')
    await page.getByLabel('See the account').focus()
    await page.keyboard.press('Space')
    await lookAt(one, 'dialog-token')
    server.clock.advance(11 * 60_000)
    await press('Make the token')
    await page.getByRole('dialog', { name: 'Is it still you?' }).waitFor()
    await lookAt(one, 'dialog-proof')
    await page.keyboard.type(goodPassword)
    await page.keyboard.press('Enter')
    await page.getByRole('dialog', { name: 'Your new token' }).waitFor()
    await press('Try it')
    await page.getByText('The server answered 200:').waitFor()
    await lookAt(one, 'dialog-issued')
    await press('I have copied it')
    await press('Revoke… typed')
    await page.getByRole('dialog', { name: 'Revoke “typed”?' }).waitFor()
    await lookAt(one, 'dialog-confirm')
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'hidden' })
    await page.locator('[aria-label="Revoke… typed"]:focus').waitFor()

    await one.go('/security')
    await press('Set up an authenticator app')
    await page.getByRole('dialog', { name: 'Set up an authenticator app' }).waitFor()
    await page.getByAltText('QR code with the secret').waitFor()
    await lookAt(one, 'dialog-factor')
    await page.keyboard.press('Escape')
    await one.go('/')
    await page.setViewportSize({ width: 360, height: 740 })
    await press('Open the menu')
    await page.getByRole('link', { name: 'API keys' }).waitFor()
    assert.deepEqual(await findings(page), [])
    await keepPicture(page, 'menu-360')
    await page.getByRole('link', { name: 'API keys' }).focus()
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { level: 1, name: 'API keys' }).waitFor()
    assert.deepEqual(one.faults, [])
    await one.context.close()
  })
})
