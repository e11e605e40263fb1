import assert from 'node:assert/strict'
import { after, afterEach, before, describe, test } from 'node:test'
import type { Browser } from 'playwright-core'
import { noBrowser, openBrowser } from '../support/browser.ts'
import { enrol, signIn } from '../support/callers.ts'
import { keepPicture, signInAs, startConsole, type Visit, visit } from '../support/console.ts'
import { findings, lookAt } from '../support/looks.ts'
import { bearer, goodPassword, makeUser, openSession, origin, principalOf } from '../support/people.ts'
import type { TestServer } from '../support/server.ts'
import { testEngine } from '../support/store.ts'

/* What administrators do to people, services and their credentials. */

describe('in a browser', { skip: noBrowser }, () => {
  let browser: Browser
  let server: TestServer
  let root: Visit
  before(async () => {
    server = await startConsole()
    browser = await openBrowser()
    await makeUser(server, { username: 'root', role: 'admin', password: goodPassword, email: 'root@example.com' })
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
  const heading = (name: string) => root.page.getByRole('heading', { level: 1, name, exact: true })
  const find = (username: string) => server.core.users.find(username, origin)

  async function person(username: string, more: object = {}) {
    const user = await makeUser(server, {
      username,
      email: `${username}@example.com`,
      password: 'correct horse battery',
      ...more,
    })
    return user
  }

  test('users are found by name, status and role; the search stands in the address and survives a reload', async () => {
    for (const name of ['finder-anna', 'finder-bert', 'other-carl']) await person(name)
    const bert = await find('finder-bert')
    await server.core.users.setStatus(bert?.publicId ?? '', 'disabled', null, origin)
    const { page } = root
    await root.go('/admin/users')
    await page.getByRole('link', { name: 'other-carl' }).waitFor()
    await page.getByLabel('Search').fill('finder')
    await page.getByRole('link', { name: 'other-carl' }).waitFor({ state: 'hidden' })
    await page.getByLabel('Status').selectOption('disabled')
    await page.getByRole('link', { name: 'finder-anna' }).waitFor({ state: 'hidden' })
    assert.match(page.url(), /search=finder/)
    assert.match(page.url(), /status=disabled/)
    await page.reload()
    await page.getByRole('link', { name: 'finder-bert' }).waitFor()
    assert.equal(await page.getByLabel('Search').inputValue(), 'finder')
    await page.getByLabel('Search').fill('nobody is called so')
    await page.getByText('Nothing fits these filters').waitFor()
    await button('Clear the filters').click()
    await page.getByRole('link', { name: 'other-carl' }).waitFor()
  })

  test('a long list is paged, and its place stands in the address', async () => {
    for (let index = 10; index < 32; index += 1) await person(`paged-${index}`)
    const { page } = root
    await root.go('/admin/users?search=paged-')
    await page.getByRole('link', { name: 'paged-31' }).waitFor()
    await button('Older').click()
    await page.getByRole('link', { name: 'paged-10' }).waitFor()
    await page.reload()
    await page.getByRole('link', { name: 'paged-10' }).waitFor()
    await page.goBack()
    await page.getByRole('link', { name: 'paged-31' }).waitFor()
  })

  test('a user is made, gets another role, is disabled and enabled', async () => {
    const { page } = root
    await root.go('/admin/users')
    await page.getByRole('link', { name: 'New user' }).click()
    await page.getByLabel('User name').fill('root')
    await page.getByLabel(/^E-mail address/).fill('made@example.com')
    await button('Make the user').click()
    await page.getByText('This user name is not available.').waitFor()
    await page.getByLabel('User name').fill('made-here')
    await button('Make the user').click()
    await heading('made-here').waitFor()
    await page.getByLabel('Role').selectOption('editor')
    await button('Save the role').click()
    await page.getByText('The role is saved.').waitFor()
    assert.equal((await find('made-here'))?.role, 'editor')
    await button('Disable').click()
    await dialog().getByText('They are signed out everywhere').waitFor()
    await dialog().getByRole('button', { name: 'Disable' }).click()
    await button('Enable').click()
    await dialog().getByRole('button', { name: 'Enable' }).click()
    await button('Disable').waitFor()
    const made = await find('made-here')
    assert.deepEqual([made?.status, made?.email], ['active', 'made@example.com'])
  })

  test('somebody is invited by mail', async () => {
    const { page } = root
    await root.go('/admin/users/invite')
    await page.getByLabel('E-mail address').fill('guest@example.com')
    await button('Send the invitation').click()
    await page.getByText('The invitation is on its way.').waitFor()
    await server.core.idle()
    assert.ok(server.mails.some(({ to }) => to === 'guest@example.com'))
  })

  test('who cannot get in is helped: a reset link, a lost second factor, signed out everywhere, another address', async () => {
    const user = await person('helpless')
    const { access_token: session } = await signIn(server, 'helpless')
    await enrol(server, session as string)
    await signIn(server, 'helpless').catch(() => {})
    const { page } = root
    await root.go(`/admin/users/${user.publicId}`)
    await heading('helpless').waitFor()
    await button('Mail a reset link').click()
    await dialog().getByText('helpless@example.com').waitFor()
    await dialog().getByRole('button', { name: 'Mail a reset link' }).click()
    await page.getByText('The link is on its way.').waitFor()
    assert.ok(server.mails.some(({ to, text }) => to === 'helpless@example.com' && text.includes('#token=')))
    await button('Sign out everywhere').click()
    await dialog().getByRole('button', { name: 'Sign out everywhere' }).click()
    await page.getByText(/session(s were| was) ended/).waitFor()
    await button('Take the second factor off').click()
    await dialog().getByRole('button', { name: 'Take the second factor off' }).click()
    await button('Take the second factor off').waitFor({ state: 'hidden' })
    assert.equal((await find('helpless'))?.hasFactor, false)
    await page.getByLabel('E-mail address').fill('new-place@example.com')
    await button('Set the address').click()
    await page.getByText('The address is saved').waitFor()
    assert.equal((await find('helpless'))?.email, 'new-place@example.com')
  })

  test('an account is deleted only once its name was typed', async () => {
    const user = await person('leaving')
    await root.go(`/admin/users/${user.publicId}`)
    await button('Delete the account').click()
    const verb = dialog().getByRole('button', { name: 'Delete for good' })
    assert.equal(await verb.isDisabled(), true)
    await dialog().getByLabel('Type leaving to confirm').fill('leavin')
    assert.equal(await verb.isDisabled(), true)
    await dialog().getByLabel('Type leaving to confirm').fill('leaving')
    await verb.click()
    await heading('Users').waitFor()
    assert.equal(await find('leaving'), null)
  })

  test('acting as somebody shows it on every page, in this tab only, and ends with a click', async () => {
    const user = await person('acted-for')
    const theirs = await principalOf(server, bearer((await openSession(server, user)).token))
    await server.core.keys.issue(theirs, { name: 'of theirs' }, origin)
    const { page } = root
    await root.go(`/admin/users/${user.publicId}`)
    await button('Act as this user').click()
    await dialog().getByRole('button', { name: 'Begin' }).click()
    await page.getByText('You act as acted-for.').waitFor()
    await heading('Hello, acted-for').waitFor()
    await page.waitForLoadState('networkidle')
    assert.deepEqual(await findings(page), [])
    await keepPicture(page, 'admin-acting')
    await page.reload()
    await page.getByText('You act as acted-for.').waitFor()
    await page.getByRole('link', { name: 'Private tokens' }).first().waitFor()
    assert.equal(
      await page.getByRole('link', { name: 'Audit log' }).count(),
      0,
      'nothing of the administrator is there',
    )
    await root.go('/keys')
    await page.getByText('of theirs').waitFor()
    for (const verb of ['New key', 'Change… of theirs', 'Rotate… of theirs', 'Revoke… of theirs'])
      assert.equal(await button(verb).count(), 0, `${verb} would be refused`)
    await root.go('/profile')
    await page.getByLabel('User name').fill('taken-over')
    await button('Change the user name').click()
    await page.getByText('Not in the name of somebody else.').waitFor()

    const other = await root.context.newPage()
    await other.goto(`${server.url}/console`)
    await other.getByRole('heading', { level: 1, name: 'Hello, root' }).waitFor()
    await other.close()

    await button('Stop').click()
    await heading('acted-for').waitFor()
    assert.equal(await page.getByText('You act as').count(), 0)
    const { items } = await server.core.events.list({ user: user.publicId }, { limit: 9 })
    const told = items.map(({ kind }) => kind)
    assert.ok(told.includes('impersonation-begun') && told.includes('impersonation-ended'), told.join())
  })

  test('a service user gets scopes by name and a key that works, and the key is revoked among those of everybody', async () => {
    const { page } = root
    await root.go('/admin/services')
    await page.getByRole('link', { name: 'New service user' }).click()
    await page.getByLabel('User name').fill('robot')
    await page.getByLabel('Check the tokens of others').check()
    await button('Make the service user').click()
    await heading('robot').waitFor()
    await button('New key').click()
    await page.getByLabel('Name of the key').fill('night shift')
    await page.getByLabel(/Only from these addresses/).fill('127.0.0.0/8\n::1')
    await button('Make the key').click()
    await page.getByText('Copy the key now').waitFor()
    const key = await page.locator('pre.code').innerText()
    await button('I have copied it').click()
    await page.locator('pre.code').waitFor({ state: 'hidden' })
    const me = await server.send('GET', '/auth/me', { apiKey: key })
    assert.deepEqual([me.status, me.body.user?.username], [200, 'robot'])
    assert.match(JSON.stringify(me.body.credential), /tokens:introspect/)

    await root.go('/admin/credentials?search=night')
    await button('Revoke “night shift” of robot').click()
    await dialog().getByRole('button', { name: 'Revoke' }).click()
    await page.getByRole('listitem').getByText('revoked').waitFor()
    assert.equal((await server.send('GET', '/auth/me', { apiKey: key })).status, 401)
    await page.getByLabel('State').selectOption('live')
    await page.getByText('Nothing fits these filters').waitFor()
  })

  test('the pages of one user and of one service, and their dialogs, can be used by everybody', {
    skip: testEngine === 'sqlite' ? false : 'looked at once, on SQLite',
  }, async () => {
    const user = await person('looked-at', { role: 'editor' })
    const service = await makeUser(server, { username: 'looked-at-too', kind: 'service' })
    const { page } = root
    const pages = [
      ['users', user.publicId, 'looked-at'],
      ['services', service.publicId, 'looked-at-too'],
    ] as const
    for (const [folder, id, name] of pages) {
      await root.go(`/admin/${folder}/${id}`)
      await heading(name).waitFor()
      await page.waitForLoadState('networkidle')
      await lookAt(root, `in-admin-${folder}-one`)
    }
    await button('New key').click()
    await page.getByLabel('Name of the key').waitFor()
    assert.deepEqual(await findings(page), [])
    await button('Delete the account').focus()
    await page.keyboard.press('Enter')
    await dialog().getByLabel('Type looked-at-too to confirm').waitFor()
    await page.keyboard.type('looked-at-too')
    assert.deepEqual(await findings(page), [])
    await page.keyboard.press('Enter')
    await heading('Service users').waitFor()
  })

  test('a change asks for the password where the session is not fresh', async () => {
    const user = await person('late-change')
    server.clock.advance(11 * 60_000)
    await root.go(`/admin/users/${user.publicId}`)
    await button('Block').click()
    await dialog().getByRole('button', { name: 'Block' }).click()
    await root.page.getByText('Is it still you?').waitFor()
    await root.page.getByLabel('Your password').fill(goodPassword)
    await root.page.getByRole('button', { name: 'Continue' }).click()
    await button('Enable').waitFor()
    assert.equal((await find('late-change'))?.status, 'blocked')
  })

  test('somebody without the right sees no page of administration, and an unknown id says so', async () => {
    await person('ordinary')
    const one = await visit(browser, server)
    await signInAs(one, 'ordinary', 'correct horse battery')
    await one.page.getByRole('heading', { level: 1, name: 'Hello, ordinary' }).waitFor()
    assert.equal(await one.page.getByRole('link', { name: 'Audit log' }).count(), 0)
    await one.go('/admin/users')
    await one.page.getByText('Your account may not do this.').waitFor()
    assert.deepEqual(one.faults, [])
    await one.context.close()
    await root.go('/admin/users/00000000-0000-7000-8000-000000000000')
    await root.page.getByRole('alert').waitFor()
  })
})
