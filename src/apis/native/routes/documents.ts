import { createRequire } from 'node:module'
import { z } from '@hono/zod-openapi'
import { stringify } from 'yaml'
import { CardeaError } from '../../../errors.ts'
import { preferred } from '../../../http/accept.ts'
import { type Asset, assetReply, forAYear, makeAsset } from '../../../http/assets.ts'
import { html, page, pageReply } from '../../../http/html.ts'
import { buildOpenApi } from '../../../http/openapi.ts'
import type { HttpSettings } from '../../../http/settings.ts'
import { type Api, type Call, type Route, route } from '../../api.ts'
import { helpDocument } from '../help.ts'
import { helpPage } from '../help-page.ts'
import { createViewers, type ViewerName, viewerNames } from '../viewers.ts'
import { none, ok } from './common.ts'

export interface DocumentDeps {
  readonly http: HttpSettings
  /** All APIs that are served, asked for once the first request has come. */
  readonly apis: () => readonly Api[]
}

const { version } = z.object({ version: z.string() }).parse(createRequire(import.meta.url)('../../../../package.json'))

const htmlType = 'text/html'
const jsonType = 'application/json'
const yamlTypes = ['application/yaml', 'application/vnd.oai.openapi', 'text/yaml'] as const
const varies = { Vary: 'Accept, Origin' }

const HelpBody = z
  .object({
    about: z.string(),
    authentication: z.record(z.string(), z.union([z.looseObject({ how_to: z.string() }), z.array(z.string())])),
    useful_endpoints: z.record(z.string(), z.string()),
    examples: z.record(z.string(), z.string()),
    documentation: z.record(z.string(), z.string()),
  })
  .openapi('Help')

const about = (base: string): string => `The native API of this server: accounts, sessions, keys, tokens.

**How to authenticate.** [${base}/api/help](${base}/api/help) shows every way, each with a line that works when it is pasted.

- *People*: \`POST /auth/sign-in\` answers an access token (\`Authorization: Bearer\`) and a refresh token, one opaque bearer token, or a session cookie, by \`mode\`. Accounts with a second factor add \`code\`.
- *Programs*: an API key (\`POST /auth/keys\`) as HTTP Basic (\`id\` and \`secret\`), as \`Authorization: ApiKey <token>\`, or as \`X-API-Key: <token>\`; or a private token (\`POST /auth/tokens\`) as \`Authorization: Bearer\`.

Send one credential. Two different ones in one request are refused; a cookie yields to a header.

**Failures** are problem documents (RFC 9457) with a stable \`code\`, which each answer below lists; the addresses under \`/oauth\` answer as RFC 6749, section 5.2 says. Every answer has an \`X-Request-Id\`.
`

/** The OpenAPI document in both notations, made when it is first asked for. */
function createSchema({ http, apis }: DocumentDeps): (notation: 'json' | 'yaml') => Asset {
  let made: Readonly<Record<'json' | 'yaml', Asset>> | null = null
  return (notation) => {
    if (made === null) {
      const document = buildOpenApi({ apis: apis(), publicUrl: http.publicUrl, version, about: about(http.publicUrl) })
      made = {
        json: makeAsset(jsonType, JSON.stringify(document)),
        yaml: makeAsset('application/yaml', stringify(document, { aliasDuplicateObjects: false })),
      }
    }
    return made[notation]
  }
}

function home(call: Call, documents: boolean): string {
  const links = [
    ...(call.http.console === null
      ? []
      : [['console', 'Console', 'Sign in, and look after your account and keys.'] as const]),
    ['api/help', 'How to authenticate', 'Every way in, with lines to paste.'],
    ...(documents
      ? [
          ['api/swagger', 'Swagger UI', 'Try the API in the browser.'] as const,
          ['api/redoc', 'Redoc', 'Read the reference.'] as const,
        ]
      : []),
  ] as const
  return page({
    title: 'Welcome',
    home: '.',
    body: html`<h1>This is Cardea</h1>
<p>The door-keeper of the API at ${new URL(call.http.publicUrl).host}: it signs people in and hands programs their keys.</p>
<ul class="links">${links.map(([href, title, text]) => html`<li><a href="${href}"><strong>${title}</strong><span>${text}</span></a></li>`)}</ul>`,
  })
}

function viewerRoutes(viewer: ViewerName, viewers: ReturnType<typeof createViewers>): readonly Route[] {
  return [
    route('GET', `/api/${viewer}`, {
      tag: 'Help',
      summary: 'The OpenAPI document in a viewer',
      takes: none,
      answers: { 200: { description: 'A page.', type: htmlType } },
      hidden: true,
      run: () => viewers.page(viewer),
    }),
    route('GET', `/api/${viewer}/assets/:file`, {
      tag: 'Help',
      summary: 'A file of the viewer',
      takes: none,
      params: z.strictObject({ file: z.string().max(64) }),
      answers: { 200: { description: 'The file.' } },
      errors: ['not_found'],
      hidden: true,
      run: async (call) => {
        const asset = await viewers.asset(viewer, call.params.file)
        if (asset === null) throw new CardeaError('not_found')
        return assetReply(asset, call.request, forAYear)
      },
    }),
  ]
}

/** What tells a caller how to get in. The OpenAPI document and its viewers are there only when the settings say so. */
export function documentRoutes(deps: DocumentDeps): readonly Route[] {
  const { http, apis } = deps
  const { documents } = http
  const schema = createSchema(deps)
  const viewers = createViewers()
  const start = route('GET', '/', {
    tag: 'Help',
    summary: 'What this is, and where the help is',
    takes: none,
    answers: {
      200: {
        description: 'A page where `text/html` is wished.',
        schema: z.object({ name: z.literal('cardea'), help: z.string() }).openapi('Start'),
        otherTypes: [htmlType],
      },
    },
    run: (call) => {
      if (preferred(call.request.headers.get('accept'), [jsonType, htmlType]) === htmlType)
        return pageReply(home(call, documents), {}, varies)
      return {
        status: 200,
        body: { name: 'cardea', help: `${http.publicUrl}/api/help` },
        headers: { ...varies, 'Cache-Control': 'no-cache' },
      }
    },
  })
  const help = route('GET', '/api/help', {
    tag: 'Help',
    summary: 'How to authenticate here',
    takes: none,
    answers: {
      200: {
        ...ok(
          'Every way to authenticate that is on, with lines to paste. A page where `text/html` is wished.',
          HelpBody,
        )[200],
        otherTypes: [htmlType],
      },
    },
    run: async (call) => {
      const { settings, users, clock } = call.core
      const document = helpDocument({
        apis: apis(),
        settings,
        publicUrl: http.publicUrl,
        documents,
        needsSetUp: await users.needsSetUp(),
        now: clock.now(),
      })
      if (preferred(call.request.headers.get('accept'), [jsonType, htmlType]) === htmlType)
        return pageReply(helpPage(document), {}, varies)
      return { status: 200, body: document, headers: { ...varies, 'Cache-Control': 'no-cache' } }
    },
  })
  const openapi = route('GET', '/api/schema', {
    tag: 'Help',
    summary: 'This document: OpenAPI 3.1',
    takes: none,
    query: z.strictObject({ format: z.enum(['json', 'yaml'], 'must be json or yaml').optional() }),
    answers: {
      200: {
        description: 'JSON, or YAML by `Accept` or `format`.',
        schema: z.looseObject({ openapi: z.string() }),
        otherTypes: yamlTypes,
        headers: { ETag: 'Changes when the document does.' },
      },
      304: { description: 'The caller has it (`If-None-Match`).' },
    },
    run: (call) => {
      const wished = preferred(call.request.headers.get('accept'), [jsonType, ...yamlTypes])
      const notation = call.query.format ?? (wished === jsonType ? 'json' : 'yaml')
      const asset = schema(notation)
      const type = notation === 'yaml' && wished !== jsonType ? wished : asset.type
      return assetReply({ ...asset, type }, call.request, 'no-cache', varies)
    },
  })
  return [
    start,
    help,
    ...(documents ? [openapi, ...viewerNames.flatMap((viewer) => viewerRoutes(viewer, viewers))] : []),
  ]
}
