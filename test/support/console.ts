import assert from 'node:assert/strict'
import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { totpAt, totpStep } from '../../src/crypto/totp.ts'
import { consoleFolder } from '../../src/server/console.ts'
import type { Look } from './browser.ts'
import { startTestServer, type TestServer, type TestServerWish } from './server.ts'

/** Where the tests leave their pictures; no part of the repository. */
const shots = fileURLToPath(new URL('../../.cache/screenshots/', import.meta.url))

/** A server with the console, whose clock begins at the time of the browser. */
export async function startConsole(wish: TestServerWish = {}): Promise<TestServer> {
  assert.ok(existsSync(join(consoleFolder, 'index.html')), 'the console is not built: npm run console')
  const server = await startTestServer({ ...wish, http: { console: { idleSeconds: 1800 }, ...wish.http } })
  server.clock.set(Date.now())
  return server
}

export interface Visit {
  readonly page: Page
  readonly context: BrowserContext
  /** What went wrong in the page: errors and warnings of its scripts, what its policy stopped, foreign requests. */
  readonly faults: readonly string[]
  /** Goes to a view of the console. */
  go(path: string): Promise<void>
}

/** What a browser says by itself of an answer that is no success: a sign-in that is refused, nobody signed in yet. */
const refusedAnswer = /^Failed to load resource: the server responded with a status of 4\d\d/

/** A browser of its own, as a person has it. */
export async function visit(
  browser: Browser,
  server: Pick<TestServer, 'url'>,
  { width = 1280, height = 900, dark = false }: Look = {},
): Promise<Visit> {
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme: dark ? 'dark' : 'light',
    reducedMotion: 'reduce',
    permissions: ['clipboard-read', 'clipboard-write'],
  })
  const faults: string[] = []
  await context.addInitScript(
    `addEventListener('securitypolicyviolation', (e) => console.error('policy', e.violatedDirective, e.blockedURI))`,
  )
  context.on('console', (message) => {
    if (['error', 'warning'].includes(message.type()) && !refusedAnswer.test(message.text()))
      faults.push(`${message.type()}: ${message.text()}`)
  })
  context.on('weberror', (error) => faults.push(`exception: ${error.error().message}`))
  context.on('request', (request) => {
    const { protocol, origin } = new URL(request.url())
    if (protocol.startsWith('http') && origin !== server.url) faults.push(`foreign: ${request.url()}`)
  })
  const page = await context.newPage()
  page.setDefaultTimeout(15_000)
  return {
    page,
    context,
    faults,
    go: async (path) => void (await page.goto(`${server.url}/console${path}`)),
  }
}

/** By the form, as a person does it. */
export async function signInAs({ page, go }: Visit, name: string, password: string): Promise<void> {
  await go('/sign-in')
  await page.getByLabel('User name or e-mail address').fill(name)
  await page.getByLabel('Password', { exact: true }).fill(password)
  await page.getByRole('button', { name: 'Sign in' }).click()
}

/** The code that an authenticator app shows now; `later`: so many steps from now. */
export function codeOf({ clock }: Pick<TestServer, 'clock'>, secret: string, later = 0): string {
  return totpAt(secret.replaceAll(' ', ''), totpStep(clock.now()) + later)
}

/** Types digits as a person does, from the first box on. */
export async function typeCode(page: Page, code: string): Promise<void> {
  await page.getByLabel('Digit 1 of 6').click()
  await page.keyboard.type(code)
}

export async function keepPicture(page: Page, name: string): Promise<void> {
  mkdirSync(shots, { recursive: true })
  await page.screenshot({ path: join(shots, `${name}.png`), fullPage: true })
}
