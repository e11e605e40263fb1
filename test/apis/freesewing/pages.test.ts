import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Browser } from 'playwright-core'
import { mailedLink } from '../../../src/apis/freesewing/links.ts'
import { noBrowser, openBrowser, watch } from '../../support/browser.ts'
import { codeOf, makeUser, password } from '../../support/callers.ts'
import { assertNothing, enrolHere, enter, mailedTo, startSewing, tokenOf } from '../../support/freesewing.ts'
import type { TestServer } from '../../support/server.ts'

let server: TestServer
before(async () => {
  server = await startSewing({ prefix: '' })
  await makeUser(server, 'pam')
})
after(() => server.close())

const pages = ['signup', 'signin', 'emailchange'] as const

test('links lead to the site of the contract where there is one, else to pages of our own', () => {
  const [id, check] = ['id-of-it', '0123456789abcdef']
  const base = 'https://api.example/sewing'
  const own = mailedLink({ siteUrl: null, base })
  const site = mailedLink({ siteUrl: 'https://sewing.example', base })
  for (const [purpose, page] of [
    ['confirm-email', 'signup'],
    ['sign-in-link', 'signin'],
    ['change-email', 'emailchange'],
  ] as const) {
    assert.equal(own(purpose, id, check, 'a@example.com'), `${base}/confirm/${page}#id=${id}&check=${check}`)
    assert.equal(
      site(purpose, id, check, 'a@example.com'),
      `https://sewing.example/confirm/${page}?id=${id}&check=${check}`,
    )
  }
  // What the contract has no page for is the native door's.
  for (const purpose of ['undo-email', 'reset-password', 'invitation'] as const)
    assert.equal(own(purpose, id, check, 'a@example.com'), null)
})

test('each page runs no inline script, holds no secret and says what to do without one', async () => {
  for (const page of pages) {
    const answer = await fetch(`${server.url}/confirm/${page}`, { headers: { Authorization: 'Bearer nonsense' } })
    assert.equal(answer.status, 200, page)
    assert.match(
      answer.headers.get('content-security-policy') ?? '',
      /default-src 'none'.*script-src 'self'; connect-src 'self'/,
    )
    assert.equal(answer.headers.get('set-cookie'), null)
    const text = await answer.text()
    assert.deepEqual(text.match(/<script[^>]*>/g), ['<script src="assets/confirm.js" defer>'])
    assert.match(text, /<noscript>[\s\S]*curl -sS http:\/\/127\.0\.0\.1:\d+\/[\s\S]*<\/noscript>/)
  }
  assert.equal((await server.send('GET', '/confirm/other')).status, 404)
  const script = await (await fetch(`${server.url}/confirm/assets/confirm.js`)).text()
  assert.ok(
    !/innerHTML|outerHTML|insertAdjacent|document\.write|eval\(|Function\(|localStorage|sessionStorage/.test(script),
  )
})

test('opening a link, however often, uses nothing up', async () => {
  await server.send('POST', '/signup', { json: { email: 'scanner@example.com' } })
  const { url, id } = await mailedTo(server, 'scanner@example.com')
  for (const method of ['GET', 'HEAD']) await fetch(url.replace('#', '?'), { method })
  assert.equal((await server.send('POST', `/confirm/signup/${id}`, { json: { consent: 1 } })).status, 200)
})

describe('in a browser', { skip: noBrowser }, () => {
  let browser: Browser
  before(async () => {
    browser = await openBrowser()
  })
  after(() => browser?.close())

  const open = async (url: string) => {
    const watched = await watch(browser, url)
    await watched.page.goto(url)
    return watched
  }

  test('a new account is confirmed by a button, and gets a password', async () => {
    await server.send('POST', '/signup', { json: { email: 'browser@example.com' } })
    const { url, id } = await mailedTo(server, 'browser@example.com')
    const { page, context, faults, requests } = await open(url)
    await page.waitForSelector('#form:not([hidden])')
    assert.ok(!page.url().includes(id), 'the id left the address bar')
    assert.ok(!requests.some((request) => request.method() === 'POST'), 'nothing was sent')
    await page.check('#consent')
    await page.click('#form button')
    await page.waitForSelector('#message.good')
    assert.match((await page.textContent('#message')) ?? '', /signed in as user-\d+/)
    await page.fill('#new-password', 'chosen in a browser')
    await page.click('#password-form button')
    await page.getByText('The password is set.').waitFor()
    assert.deepEqual(faults, [])
    await context.close()
    await enter(server, 'browser@example.com', { password: 'chosen in a browser' })
    const again = await open(url)
    await again.page.check('#consent')
    await again.page.click('#form button')
    await again.page.waitForSelector('#message.bad')
    assert.match((await again.page.textContent('#message')) ?? '', /not valid any more/)
    await again.context.close()
  })

  test('a link asks for the code of a second factor when there is one', async () => {
    await makeUser(server, 'double')
    const { secret } = await enrolHere(server, await tokenOf(server, 'double'))
    await server.send('POST', '/signinlink', { json: { username: 'double' } })
    const { url, id, check } = await mailedTo(server, 'double@example.com')
    const { page, context } = await open(url)
    await page.waitForSelector('#form:not([hidden])')
    assert.equal(await page.isVisible('#code'), false)
    await page.click('#form button')
    await page.waitForSelector('#code:visible')
    await page.fill('#code', codeOf(server, secret))
    await page.click('#form button')
    await page.waitForSelector('#message.good')
    assert.match((await page.textContent('#message')) ?? '', /signed in as double/)
    await context.close()
    assertNothing(await server.send('POST', `/signinlink/${id}/${check}`, { json: { token: codeOf(server, secret) } }))
  })

  test('a new address is confirmed by whoever has the password', async () => {
    const token = await tokenOf(server, 'pam')
    await server.send('PATCH', '/account/jwt', { token, json: { email: 'pam2@example.com' } })
    const { url } = await mailedTo(server, 'pam2@example.com')
    const { page, context } = await open(url)
    await page.fill('#username', 'pam')
    await page.fill('#password', 'wrong password')
    await page.click('#form button')
    await page.waitForSelector('#message.bad')
    await page.fill('#password', password)
    await page.click('#form button')
    await page.waitForSelector('#message.good')
    assert.match((await page.textContent('#message')) ?? '', /address of pam is pam2@example\.com now/)
    await context.close()
    await enter(server, 'pam2@example.com')
  })
})
