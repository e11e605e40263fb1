import { existsSync } from 'node:fs'
import { type Browser, type BrowserContext, chromium, type Page, type Request } from 'playwright-core'

const path = process.env.CARDEA_TEST_CHROMIUM ?? '/usr/bin/chromium'
const missing = `${path} is missing: install Chromium (apt-get install -y chromium), or name it in CARDEA_TEST_CHROMIUM`

/** Reason to skip the tests that need a browser, or false. Where CI=true they run, and fail by saying what to install. */
export const noBrowser: string | false = existsSync(path) || process.env.CI === 'true' ? false : missing

export async function openBrowser(): Promise<Browser> {
  if (!existsSync(path)) throw new Error(missing)
  const flags = [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ]
  return chromium.launch({ executablePath: path, headless: true, args: flags })
}

export interface Watched {
  readonly page: Page
  readonly context: BrowserContext
  /** Everything that went wrong in the page: console errors and warnings, exceptions, failed and foreign requests. */
  readonly faults: string[]
  readonly requests: Request[]
}

export interface Look {
  readonly width?: number
  readonly height?: number
  readonly dark?: boolean
  readonly script?: boolean
}

/** A page in a context of its own, with an eye on all that it does. */
export async function watch(
  browser: Browser,
  url: string,
  { width = 1280, height = 900, dark = false, script = true }: Look = {},
): Promise<Watched> {
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme: dark ? 'dark' : 'light',
    javaScriptEnabled: script,
  })
  // Swagger UI takes long over a document of some hundred addresses, and a busy machine longer.
  context.setDefaultTimeout(90_000)
  const page = await context.newPage()
  const faults: string[] = []
  const requests: Request[] = []
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type()))
      faults.push(`console: ${message.text()} ${message.location().url}`)
  })
  page.on('pageerror', (error) => faults.push(`exception: ${error.message}`))
  page.on('requestfailed', (request) => faults.push(`failed: ${request.url()} ${request.failure()?.errorText ?? ''}`))
  page.on('request', (request) => {
    requests.push(request)
    const { protocol, origin } = new URL(request.url())
    if (['http:', 'https:', 'ws:', 'wss:'].includes(protocol) && origin !== new URL(url).origin)
      faults.push(`foreign: ${request.url()}`)
  })
  return { page, context, faults, requests }
}
