import assert from 'node:assert/strict'
import { after, afterEach, before, describe, test } from 'node:test'
import type { Browser } from 'playwright-core'
import { safeReturn } from '../../ui/src/entry/return-to.ts'
import { noBrowser, openBrowser } from '../support/browser.ts'
import { codeOf, signInAs, startConsole, typeCode, type Visit, visit } from '../support/console.ts'
import { linkOf } from '../support/mail.ts'
import { bearer, goodPassword, makeUser, openSession, origin, principalOf } from '../support/people.ts'
import type { TestServer } from '../support/server.ts'

const otherPassword = 'seven lanterns over the bay'

test('after the sign-in people come to a path of this origin only, whatever the address asks for', () => {
  const here = 'https://door.example'
  const safe = (wish: string | null) => safeReturn(wish, here)
  assert.equal(safe('/console/tokens?cursor=a'), '/console/tokens?cursor=a')
  assert.equal(safe('/photos/1#x'), '/photos/1#x')
  for (const wish of [
    null,
    '',
    'tokens',
    '//evil.example',
    '/\\evil.example',
    '/\t/evil.example',
    '/\n/evil.example',
    'https://evil.example/',
    'javascript:alert(1)',
    'data:text/html,x',
    '\\\\evil.example',
    '/.//evil.example/x',
    '/%2e//evil.example',
    '/console/..//evil.example',
    '/console/%2E%2e//evil.example',
    '/.\\\\evil.example',
    '/.//\\evil.example?a#b',
  ])
    assert.equal(safe(wish), '/console/', JSON.stringify(wish))
})

describe('in a browser', { skip: noBrowser }, () => {
  let browser: Browser
  let server: TestServer
  let visits: Visit[] = []
  before(async () => {
    server = await startConsole()
    browser = await openBrowser()
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
  const come = async () => {
    const one = await visit(browser, server)
    visits.push(one)
    return one
  }
  const heading = (one: Visit, name: string | RegExp) => one.page.getByRole('heading', { level: 1, name }).waitFor()

  test('whoever holds the set-up code makes the first administrator and is in', async () => {
    const one = await come()
    const code = (await server.core.users.newSetUpCode()) ?? ''
    await one.go('/sign-in')
    await one.page.getByRole('link', { name: 'Set it up now' }).waitFor()
    await one.page.goto(`${server.url}/auth/page/setup#code=${'0'.repeat(32)}`)
    await one.page.getByLabel('User name').fill('root')
    await one.page.getByLabel('Password', { exact: true }).fill(goodPassword)
    assert.equal(await one.page.getByLabel('Set-up code').count(), 0)
    await one.page.getByRole('button', { name: 'Make the administrator' }).click()
    await one.page.getByText('That is not the set-up code.').waitFor()
    // A link of an earlier start: the code that counts can be typed here.
    await one.page.getByLabel('Set-up code').fill(code.slice(1))
    await one.page.getByRole('button', { name: 'Make the administrator' }).click()
    await one.page.getByText('That is not the set-up code.').waitFor()
    await one.page.goto('about:blank')
    // As the server prints it: the page that needs no console sends people here, and the code comes along.
    await one.page.goto(`${server.url}/auth/page/setup#code=${code}`)
    await heading(one, 'Set up this server')
    assert.equal(new URL(one.page.url()).hash, '', 'the code is still in the address')
    await one.page.getByLabel('User name').fill('root')
    await one.page.getByLabel('Password', { exact: true }).fill(goodPassword)
    await one.page.getByText('Very good.').waitFor()
    await one.page.getByRole('button', { name: 'Make the administrator' }).click()
    await heading(one, 'Hello, root')
    await one.go('/setup')
    await heading(one, 'This server is set up already')
  })

  test('an account is opened, its address confirmed by mail and password, and its owner signs in', async () => {
    const one = await come()
    await one.go('/sign-up')
    await one.page.getByLabel('User name').fill('newcomer')
    await one.page.getByLabel('E-mail address').fill('newcomer@example.com')
    const password = one.page.getByLabel('Password', { exact: true })
    assert.equal(await password.getAttribute('autocomplete'), 'new-password')
    await password.fill('short')
    await one.page.getByRole('button', { name: 'Open the account' }).click()
    await one.page.getByText('At least 8 characters.', { exact: true }).waitFor()
    await password.fill('password1')
    await one.page.getByText('Very weak').waitFor()
    await password.fill(otherPassword)
    await one.page.getByRole('button', { name: 'Open the account' }).click()
    await heading(one, 'Look into your mail')
    const first = (await linkOf(server, 'confirm-email')).url
    await signInAs(one, 'newcomer', otherPassword)
    await one.page.getByText('This account is not confirmed yet.').waitFor()
    await one.page.getByText('Use the link in the newest mail').waitFor()
    const confirm = async (url: string) => {
      await one.page.goto('about:blank')
      await one.page.goto(url)
      await heading(one, 'Confirm your e-mail address')
      await one.page.getByLabel('Password of the account').fill(otherPassword)
      await one.page.getByRole('button', { name: 'Confirm the address' }).click()
    }
    await confirm(first)
    await one.page.getByText('only the newest one counts').waitFor()
    await confirm((await linkOf(server, 'confirm-email')).url)
    await one.page.getByText('The address is confirmed.').waitFor()
    await signInAs(one, 'newcomer@example.com', otherPassword)
    await heading(one, 'Hello, newcomer')
  })

  test('who is not signed in is led to the sign-in, and back to where they wanted to go', async () => {
    await makeUser(server, { username: 'walker', password: goodPassword })
    const one = await come()
    await one.go('/keys?revoked=true')
    await heading(one, 'Sign in')
    await one.page.getByLabel('User name or e-mail address').fill('walker')
    await one.page.getByLabel('Password', { exact: true }).fill('wrong password entirely')
    await one.page.getByRole('button', { name: 'Sign in' }).click()
    const alert = one.page.getByRole('alert')
    await alert.getByText('The name or the password is wrong.').waitFor()
    await one.page.getByLabel('Password', { exact: true }).fill(goodPassword)
    await one.page.keyboard.press('Enter')
    await heading(one, 'API keys')
    assert.equal(new URL(one.page.url()).search, '?revoked=true')
  })

  test('who is signed in already is sent on from the sign-in, and not round and round', async () => {
    await makeUser(server, { username: 'early', password: goodPassword })
    const one = await come()
    await signInAs(one, 'early', goodPassword)
    await heading(one, 'Hello, early')
    await one.go('/sign-in?return_to=/console/sessions')
    await heading(one, 'Sessions')
    // As a guard does that would not let them in.
    await one.go('/sign-in?return_to=/console/sessions')
    await heading(one, 'Sign in')
    await one.go('/sign-in?return_to=/api/help')
    await one.page.waitForURL(`${server.url}/api/help`)
  })

  test('what is answered for a name that nobody has is what is answered for a wrong password', async () => {
    const one = await come()
    await signInAs(one, 'nobody-at-all', goodPassword)
    const text = await one.page.getByRole('alert').innerText()
    await makeUser(server, { username: 'somebody', password: goodPassword })
    await signInAs(one, 'somebody', 'wrong password entirely')
    assert.equal(await one.page.getByRole('alert').innerText(), text)
    for (const name of ['nobody-at-all', 'somebody']) {
      await one.go('/forgot-password')
      await one.page.getByLabel('User name or e-mail address').fill(name)
      await one.page.getByRole('button', { name: 'Mail me a link' }).click()
      await heading(one, 'Look into your mail')
    }
  })

  test('a second factor takes six digits that send themselves, typed or pasted, or a recovery code', async () => {
    const user = await makeUser(server, { username: 'careful', password: goodPassword })
    const { secret } = await server.core.mfa.begin(user, origin)
    const by = await principalOf(server, bearer((await openSession(server, user)).token))
    const { recoveryCodes } = await server.core.mfa.confirm(user, codeOf(server, secret), by.sessionId, origin)
    const one = await come()
    await signInAs(one, 'careful', goodPassword)
    await heading(one, 'Second factor')
    assert.equal(await one.page.getByLabel('Digit 1 of 6').getAttribute('autocomplete'), 'one-time-code')
    await typeCode(one.page, codeOf(server, secret) === '000000' ? '000001' : '000000')
    await one.page.getByText('That code is wrong or was used already.').waitFor()
    server.clock.advance(30_000)
    await one.page.evaluate(`navigator.clipboard.writeText('${codeOf(server, secret)}')`)
    await one.page.getByLabel('Digit 1 of 6').click()
    await one.page.keyboard.press('Control+V')
    await heading(one, 'Hello, careful')

    const other = await come()
    await signInAs(other, 'careful', goodPassword)
    await other.page.getByRole('button', { name: 'Use a recovery code instead' }).click()
    await other.page.getByLabel('Recovery code').fill(recoveryCodes[0] ?? '')
    await other.page.getByRole('button', { name: 'Sign in' }).click()
    await heading(other, 'Hello, careful')
  })

  test('a mailed link signs in, once, and opening it alone does nothing', async () => {
    await makeUser(server, { username: 'mailed', email: 'mailed@example.com', password: goodPassword })
    const one = await come()
    await one.go('/sign-in/link')
    await one.page.getByLabel('User name or e-mail address').fill('mailed')
    await one.page.getByRole('button', { name: 'Mail me a link' }).click()
    await heading(one, 'Look into your mail')
    const { url } = await linkOf(server, 'sign-in-link')
    const scanner = await come()
    await scanner.page.goto(url)
    await heading(scanner, 'Sign in')
    await one.page.goto(url)
    await one.page.getByRole('button', { name: 'Sign in' }).click()
    await heading(one, 'Hello, mailed')
    await scanner.page.getByRole('button', { name: 'Sign in' }).click()
    await scanner.page.getByText('This link or code is not good any more.').waitFor()
  })

  test('a forgotten password is replaced by a mailed link', async () => {
    await makeUser(server, { username: 'forgetful', email: 'forgetful@example.com', password: goodPassword })
    const one = await come()
    await one.go('/sign-in')
    await one.page.getByRole('link', { name: 'Forgot your password?' }).click()
    await one.page.getByLabel('User name or e-mail address').fill('forgetful@example.com')
    await one.page.getByRole('button', { name: 'Mail me a link' }).click()
    await heading(one, 'Look into your mail')
    await one.page.goto((await linkOf(server, 'reset-password')).url)
    await one.page.getByLabel('New password').fill(otherPassword)
    await one.page.getByRole('button', { name: 'Set the password' }).click()
    await one.page.getByText('The new password is set.').waitFor()
    await signInAs(one, 'forgetful', otherPassword)
    await heading(one, 'Hello, forgetful')
  })

  test('an invitation opens an account and signs in', async () => {
    const admin = await makeUser(server, { username: 'host', role: 'admin', password: goodPassword })
    const by = await principalOf(server, bearer((await openSession(server, admin)).token))
    await server.core.users.invite({ email: 'guest@example.com', role: 'user' }, by, origin)
    const one = await come()
    await one.page.goto((await linkOf(server, 'invitation')).url)
    await heading(one, 'You are invited')
    await one.page.getByLabel('User name').fill('guest')
    await one.page.getByLabel('Password', { exact: true }).fill(goodPassword)
    await one.page.getByRole('button', { name: 'Open the account' }).click()
    await heading(one, 'Hello, guest')
    await one.go('/reset-password')
    await heading(one, 'This link is not complete')
  })

  test('no script can read the session, and nothing of it is in what the browser keeps for scripts', async () => {
    await makeUser(server, { username: 'private', password: goodPassword })
    const one = await come()
    await signInAs(one, 'private', goodPassword)
    await heading(one, 'Hello, private')
    assert.equal(await one.page.evaluate('document.cookie'), '')
    const cookies = await one.context.cookies()
    const kept: Record<string, string> = await one.page.evaluate('({ ...localStorage, ...sessionStorage })')
    for (const { name, value, httpOnly } of cookies) {
      assert.ok(httpOnly, name)
      assert.ok(!Object.values(kept).some((text) => text.includes(value)), name)
    }
    assert.deepEqual(Object.keys(kept), ['cardea-last-active'])
    assert.ok(cookies.some(({ name, sameSite }) => name === 'cardea' && sameSite === 'Strict'))
  })

  test('a sign-out in one tab, and one for nothing done, end all tabs; who moves before is asked and stays', async () => {
    await makeUser(server, { username: 'busy', password: goodPassword })
    const one = await come()
    await one.page.clock.install()
    await signInAs(one, 'busy', goodPassword)
    await heading(one, 'Hello, busy')
    await one.page.clock.fastForward('29:30')
    await one.page.getByRole('button', { name: 'Stay signed in' }).click()
    await one.page.clock.fastForward('29:30')
    await one.page.getByText('Are you still there?').waitFor()
    await one.page.clock.fastForward('01:00')
    await one.page.getByText('Nothing was done for a while.').waitFor()
    assert.equal(await one.page.evaluate(() => fetch('/auth/me').then((answer) => answer.status)), 401)

    // The next day, in the same browser, with a cookie that is still good.
    await signInAs(one, 'busy', goodPassword)
    await heading(one, 'Hello, busy')
    const { cookies } = await one.context.storageState()
    await one.context.addInitScript(`localStorage.setItem('cardea-last-active', String(Date.now() - 86_400_000))`)
    await one.go('/sessions')
    await one.page.getByText('Nothing was done for a while.').waitFor()
    await one.context.addCookies(cookies)
    assert.equal(await one.page.evaluate(() => fetch('/auth/me').then((answer) => answer.status)), 401)

    const first = await come()
    await signInAs(first, 'busy', goodPassword)
    await heading(first, 'Hello, busy')
    const second = await first.context.newPage()
    await second.goto(`${server.url}/console/sessions`)
    await second.getByRole('heading', { level: 1, name: 'Sessions' }).waitFor()
    await first.page.getByRole('button', { name: 'Signed in as busy' }).click()
    await first.page.getByRole('menuitem', { name: 'Sign out' }).click()
    await first.page.getByText('You are signed out.').waitFor()
    await second.getByText('You are signed out.').waitFor()
  })
})
