import assert from 'node:assert/strict'
import { after, afterEach, before, describe, test } from 'node:test'
import type { Browser } from 'playwright-core'
import { dayAhead } from '../../ui/src/account/ends.ts'
import { noBrowser, openBrowser } from '../support/browser.ts'
import { codeOf, signInAs, startConsole, typeCode, type Visit, visit } from '../support/console.ts'
import { linkOf } from '../support/mail.ts'
import { goodPassword, makeUser, origin } from '../support/people.ts'
import type { TestServer } from '../support/server.ts'

const newPassword = 'seven lanterns over the bay'

describe('in a browser', { skip: noBrowser }, () => {
  let browser: Browser
  let server: TestServer
  let visits: Visit[] = []
  before(async () => {
    server = await startConsole()
    browser = await openBrowser()
    await makeUser(server, { username: 'root', role: 'admin' })
  })
  after(async () => {
    await browser?.close()
    await server.close()
  })
  afterEach(async () => {
    const faults = visits.flatMap((each) => each.faults)
    await Promise.all(visits.map(({ context }) => context.close()))
    visits = []
    assert.deepEqual(faults, [])
  })

  /** A person of that name, signed in at the start. */
  async function personOf(username: string): Promise<Visit> {
    await makeUser(server, { username, email: `${username}@example.com`, password: goodPassword })
    const one = await visit(browser, server)
    visits.push(one)
    await signInAs(one, username, goodPassword)
    await one.page.getByRole('heading', { level: 1, name: `Hello, ${username}` }).waitFor()
    return one
  }
  const button = ({ page }: Visit, name: string | RegExp) => page.getByRole('button', { name, exact: true })
  const dialog = ({ page }: Visit) => page.getByRole('dialog')

  test('a change of credentials in a session that is not fresh asks for the password, then goes on by itself', async () => {
    const one = await personOf('stale')
    server.clock.advance(11 * 60_000)
    await one.go('/security')
    await one.page.getByLabel('New password').fill(newPassword)
    await button(one, 'Change the password').click()
    await dialog(one).getByText('Is it still you?').waitFor()
    await dialog(one).getByRole('button', { name: 'Cancel' }).click()
    await dialog(one).waitFor({ state: 'hidden' })
    assert.equal(await one.page.getByRole('alert').count(), 0, 'a change of mind is no failure')
    await button(one, 'Change the password').click()
    await dialog(one).getByLabel('Your password').fill('wrong password entirely')
    await dialog(one).getByRole('button', { name: 'Continue' }).click()
    await dialog(one).getByText('The name or the password is wrong.').waitFor()
    await dialog(one).getByLabel('Your password').fill(goodPassword)
    await dialog(one).getByRole('button', { name: 'Continue' }).click()
    await one.page.getByText('Your password is changed.').waitFor()
    const answer = await server.send('POST', '/auth/sign-in', { json: { identifier: 'stale', password: newPassword } })
    assert.equal(answer.status, 200)
  })

  test('user name and e-mail address are changed, the address once its link was used', async () => {
    const one = await personOf('renamed')
    await one.go('/profile')
    await one.page.getByLabel('User name').fill('root')
    await button(one, 'Change the user name').click()
    await one.page.getByText('This user name is not available.').waitFor()
    await one.page.getByLabel('User name').fill('renamed-2')
    await button(one, 'Change the user name').click()
    await one.page.getByText('Your user name is changed.').waitFor()
    await one.page.getByLabel('New e-mail address').fill('fresh@example.com')
    await button(one, 'Mail me a link').click()
    await one.page.getByText('A link was mailed to fresh@example.com.').waitFor()
    await one.page.goto((await linkOf(server, 'change-email')).url)
    await one.page.getByLabel('Password of the account').fill(goodPassword)
    await button(one, 'Use this address').click()
    await one.page.getByText('The address is confirmed.').waitFor()
    await one.page.goto((await linkOf(server, 'undo-email')).url)
    await button(one, 'Put the old address back').click()
    await one.page.getByRole('heading', { name: 'The old address is back' }).waitFor()
    assert.equal((await server.core.users.find('renamed@example.com', origin))?.username, 'renamed-2')
  })

  test('a second factor is switched on by a code of its secret, its recovery codes are shown once, and it goes off', async () => {
    const one = await personOf('factored')
    await one.go('/security')
    await button(one, 'Set up an authenticator app').click()
    await dialog(one).getByAltText('QR code with the secret').waitFor()
    const secret = await dialog(one).locator('pre.code').innerText()
    assert.match(secret, /^([A-Z2-7]{4} )+[A-Z2-7]{1,4}$/)
    await typeCode(one.page, codeOf(server, secret))
    await button(one, 'Switch it on').click()
    await dialog(one).getByText('Keep your recovery codes').waitFor()
    const codes = (await dialog(one).locator('pre.code').innerText()).split('\n')
    assert.equal(codes.length, 10)
    const [download] = await Promise.all([
      one.page.waitForEvent('download'),
      one.page.getByRole('link', { name: 'Download as text' }).click(),
    ])
    assert.equal(download.suggestedFilename(), 'cardea-recovery-codes.txt')
    await dialog(one).getByRole('button', { name: 'Copy the recovery codes' }).click()
    await one.page.waitForFunction(`navigator.clipboard.readText().then((text) => text.includes('${codes[9]}'))`)
    await one.page.keyboard.press('Escape')
    await button(one, 'I have kept them').click()
    await button(one, 'Switch it off…').click()
    await dialog(one).getByRole('button', { name: 'Switch it off' }).click()
    await button(one, 'Set up an authenticator app').waitFor()
  })

  test('sessions say where they are; one is ended, and all others', async () => {
    const one = await personOf('many')
    const elsewhere = async (device: string) =>
      (
        await server.send('POST', '/auth/sign-in', {
          json: { identifier: 'many', password: goodPassword },
          headers: { 'User-Agent': device },
        })
      ).body.access_token as string
    const phone = await elsewhere('Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1')
    const script = await elsewhere('curl/8.9.1')
    await one.go('/sessions')
    await one.page.getByText('this one').waitFor()
    await button(one, 'End: Safari on iPhone').click()
    await dialog(one).getByRole('button', { name: 'End the session' }).click()
    await one.page.getByText('Safari on iPhone', { exact: true }).waitFor({ state: 'hidden' })
    assert.equal((await server.send('GET', '/auth/me', { token: phone })).status, 401)
    await button(one, 'End all others…').click()
    await dialog(one).getByRole('button', { name: 'End all others' }).click()
    await one.page.getByText('1 other session was ended.').waitFor()
    assert.equal((await server.send('GET', '/auth/me', { token: script })).status, 401)
    await one.page.getByText('this one').waitFor()
  })

  test('a private token is made, tried, rotated and revoked, and shown once', async () => {
    const one = await personOf('tokens')
    await one.go('/tokens')
    await one.page.getByText('No private tokens yet').waitFor()
    await button(one, 'New token').click()
    await dialog(one).getByLabel('Name').fill('nightly build')
    await dialog(one).getByLabel('Ends').selectOption('On a day…')
    await dialog(one).getByLabel('Last day').fill(dayAhead(3))
    await dialog(one).getByLabel('Only what is ticked').check()
    await dialog(one).getByLabel('See the account').check()
    await dialog(one).getByRole('button', { name: 'Make the token' }).click()
    await dialog(one).getByText('This is shown once, now.').waitFor()
    const token = await dialog(one).locator('pre.code').first().innerText()
    await button(one, 'Try it').click()
    await dialog(one).getByText('The server answered 200:').waitFor()
    await dialog(one).getByText('"kind": "private-token"').waitFor()
    const me = await server.send('GET', '/auth/me', { token })
    assert.deepEqual(me.body.credential?.scopes, ['account:read'])
    await button(one, 'I have copied it').click()
    await one.page.getByText('ends soon').waitFor()
    assert.ok(!(await one.page.content()).includes(token))

    await button(one, 'Rotate… nightly build').click()
    await dialog(one).getByLabel('The old one still works for').selectOption('no time: it ends now')
    await dialog(one).getByRole('button', { name: 'Make the successor' }).click()
    await dialog(one).getByText('This is shown once, now.').waitFor()
    const successor = await dialog(one).locator('pre.code').first().innerText()
    assert.equal((await server.send('GET', '/auth/me', { token })).status, 401)
    assert.equal((await server.send('GET', '/auth/me', { token: successor })).status, 200)
    await button(one, 'I have copied it').click()
    await button(one, 'Revoke… nightly build').click()
    await dialog(one).getByRole('button', { name: 'Revoke the token' }).click()
    await one.page.getByText('No private tokens yet').waitFor()
    assert.equal((await server.send('GET', '/auth/me', { token: successor })).status, 401)
    await one.page.getByLabel('Show revoked ones').check()
    await one.page.getByText('revoked', { exact: true }).first().waitFor()
    assert.equal(new URL(one.page.url()).search, '?revoked=true')
  })

  test('an API key is limited to rights and addresses, changed, tried in each way, and revoked', async () => {
    const one = await personOf('keys')
    await one.go('/keys')
    await button(one, 'New key').click()
    await dialog(one).getByRole('button', { name: 'Make the key' }).click()
    assert.equal(await dialog(one).getByLabel('Name').getAttribute('aria-invalid'), 'true')
    await dialog(one).getByLabel('Name').fill('warehouse')
    await dialog(one).getByLabel('Allowed addresses').fill('not an address')
    await dialog(one).getByRole('button', { name: 'Make the key' }).click()
    await dialog(one).locator('textarea[aria-invalid=true]').waitFor()
    await dialog(one).getByLabel('Allowed addresses').fill('192.0.2.0/24\n127.0.0.0/8')
    await dialog(one).getByLabel('Only what is ticked').check()
    await dialog(one).getByRole('button', { name: 'Make the key' }).click()
    await dialog(one).getByText('Tick at least one.').waitFor()
    await dialog(one).getByLabel('See the account').check()
    await dialog(one).getByRole('button', { name: 'Make the key' }).click()
    await dialog(one).getByText('This is shown once, now.').waitFor()
    const [apiKey = '', id = '', secret = ''] = await dialog(one).locator('pre.code').allInnerTexts()
    assert.equal((await server.send('GET', '/auth/me', { apiKey })).status, 200)
    assert.equal((await server.send('GET', '/auth/me', { basic: [id, secret] })).status, 200)
    await button(one, 'I have copied it').click()

    // In the same page, without loading it again: what was made just now can be tried.
    await one.page.getByRole('link', { name: 'How to call this API' }).click()
    for (const method of ['API key as HTTP Basic', 'API key in X-API-Key', 'Session cookie']) {
      await one.page.getByRole('button', { name: method }).click()
      const panel = one.page.getByRole('region', { name: method })
      await panel.getByRole('button', { name: 'Try it' }).click()
      await panel.getByText('The server answered 200:').waitFor()
    }
    await one.page.getByText('Python', { exact: true }).click()
    await one.page.getByText('import urllib.request').first().waitFor()
    assert.equal(new URL(one.page.url()).search, '?in=python')

    await one.go('/keys')
    await button(one, 'Change… warehouse').click()
    await dialog(one).getByLabel('Name').fill('warehouse sync')
    await dialog(one).getByLabel('Allowed addresses').fill('192.0.2.0/24')
    await dialog(one).getByRole('button', { name: 'Save' }).click()
    await one.page.getByText('warehouse sync').waitFor()
    assert.equal((await server.send('GET', '/auth/me', { apiKey })).status, 403)
    await button(one, 'Revoke… warehouse sync').click()
    await dialog(one).getByRole('button', { name: 'Revoke the key' }).click()
    await one.page.getByText('No API keys yet').waitFor()
    assert.equal((await server.send('GET', '/auth/me', { apiKey })).status, 401)
  })

  test('a long list is paged, and its place is in the address', async () => {
    const one = await personOf('eventful')
    const user = await server.core.users.find('eventful', origin)
    for (let times = 0; times < 25; times += 1)
      await server.core.events.record({ kind: 'sign-in-failed', user: user?.publicId ?? null, origin: 'server' })
    await one.go('/activity')
    await button(one, 'Older').click()
    await one.page.getByText('Signed in', { exact: true }).waitFor()
    assert.match(new URL(one.page.url()).search, /^\?cursor=/)
    await one.page.reload()
    await one.page.getByText('Signed in', { exact: true }).waitFor()
    assert.ok(await button(one, 'Older').isDisabled())
    await one.page.goBack()
    await one.page.waitForURL((url) => url.search === '')
    assert.ok(await button(one, 'Newest').isDisabled())
  })

  test('an account is deleted only by who types its name', async () => {
    const one = await personOf('leaver')
    await one.go('/profile')
    await button(one, 'Delete my account…').click()
    const verb = dialog(one).getByRole('button', { name: 'Delete the account' })
    assert.ok(await verb.isDisabled())
    await dialog(one).getByLabel('Type leaver to confirm').fill('leaver')
    await verb.click()
    await one.page.getByText('Your account and all that was in it are gone.').waitFor()
    assert.equal(await server.core.users.find('leaver', origin), null)
  })

  test('a session that was ended elsewhere leads to the sign-in, and back', async () => {
    const one = await personOf('elsewhere')
    const user = await server.core.users.find('elsewhere', origin)
    assert.ok(user !== null)
    await server.core.sessions.endOthers(user, null, origin)
    await one.page.getByRole('link', { name: 'Sessions' }).click()
    await one.page.getByText('Your session has ended.').waitFor()
    await one.page.getByLabel('User name or e-mail address').fill('elsewhere')
    await one.page.getByLabel('Password', { exact: true }).fill(goodPassword)
    await button(one, 'Sign in').click()
    await one.page.getByRole('heading', { level: 1, name: 'Sessions' }).waitFor()
  })
})
