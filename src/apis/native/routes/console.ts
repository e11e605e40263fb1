import { z } from '@hono/zod-openapi'
import { CardeaError } from '../../../errors.ts'
import { assetReply, forAYear } from '../../../http/assets.ts'
import { preferredCoding } from '../../../http/encoding.ts'
import { html, page, pageReply } from '../../../http/html.ts'
import type { Reply } from '../../../http/reply.ts'
import { type Call, type Route, route } from '../../api.ts'
import { type ConsoleFiles, consolePolicy, type LoadConsole } from '../console.ts'
import { none } from './common.ts'

export interface ConsoleDeps {
  readonly load: LoadConsole
  readonly newNonce: () => string
  /** Of this package. */
  readonly version: string
}

/** Addresses that answer the page; which of its views is shown is decided in the browser. */
const views = ['/console', '/console/', '/console/:a', '/console/:a/:b', '/console/:a/:b/:c'] as const
const anything = z.strictObject({ a: z.string().optional(), b: z.string().optional(), c: z.string().optional() })

const notBuilt = page({
  title: 'Console',
  home: '/',
  narrow: true,
  body: html`<div class="sheet"><h1>The console has not been built</h1>
<p>The API works without it. In the folder of this server run</p><pre><code>npm run console</code></pre>
<p>and load this page again; nothing has to be restarted.</p></div>`,
})

/** What the page has to know of this server before it asks for anything. Nothing in it is secret. */
async function facts({ core, http }: Call, version: string): Promise<Readonly<Record<string, unknown>>> {
  const { settings, users } = core
  return {
    version,
    public_url: http.publicUrl,
    sign_up: settings.signUp,
    confirm_email: settings.confirmEmail,
    needs_set_up: await users.needsSetUp(),
    password: { min_length: settings.password.minLength, max_length: settings.password.maxLength },
    token_max_seconds: settings.privateTokenMaxSeconds,
    idle_seconds: http.console?.idleSeconds ?? 0,
    documents: http.documents,
  }
}

function consolePage(files: ConsoleFiles, nonce: string, known: Readonly<Record<string, unknown>>): Reply {
  return {
    status: 200,
    body: files.page(nonce, known),
    type: 'text/html; charset=utf-8',
    headers: {
      'Content-Security-Policy': consolePolicy(nonce),
      'Cross-Origin-Opener-Policy': 'same-origin',
      'Permissions-Policy': 'camera=(), geolocation=(), microphone=()',
    },
  }
}

/** The console: one page under every address of its own, and files that never change under their names. */
export function consoleRoutes({ load, newNonce, version }: ConsoleDeps): readonly Route[] {
  return [
    route('GET', '/console/assets/:file', {
      tag: 'Console',
      summary: 'A file of the console',
      takes: none,
      params: z.strictObject({ file: z.string().max(128) }),
      answers: { 200: { description: 'The file.' } },
      errors: ['not_found'],
      hidden: true,
      run: async (call) => {
        const asset = (await load())?.assets.get(call.params.file)
        if (asset === undefined) throw new CardeaError('not_found')
        const coding = preferredCoding(call.request.headers.get('accept-encoding'), [...asset.coded.keys()])
        const chosen = (coding === null ? undefined : asset.coded.get(coding)) ?? asset.plain
        const headers = { Vary: 'Accept-Encoding, Origin', ...(coding === null ? {} : { 'Content-Encoding': coding }) }
        return assetReply(chosen, call.request, forAYear, headers)
      },
    }),
    ...views.map((path) =>
      route('GET', path, {
        tag: 'Console',
        summary: 'The console',
        takes: none,
        params: anything,
        answers: { 200: { description: 'A page.', type: 'text/html' } },
        errors: ['not_found'],
        hidden: true,
        run: async (call) => {
          const files = await load()
          if (files === null) return { ...pageReply(notBuilt), status: 404 }
          return consolePage(files, newNonce(), await facts(call, version))
        },
      }),
    ),
  ]
}
