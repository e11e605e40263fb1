import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { type Asset, makeAsset } from '../../http/assets.ts'
import { escapeHtml, html, pageIcon, pageReply } from '../../http/html.ts'
import type { Reply } from '../../http/reply.ts'

/*
 * Swagger UI and Redoc from the packages that are installed with us. The pages ask no other host for anything, take no
 * address from the query, keep no authorization and send no cookies.
 */

export const viewerNames = ['swagger', 'redoc'] as const
export type ViewerName = (typeof viewerNames)[number]

export interface Viewers {
  page(viewer: ViewerName): Promise<Reply>
  /** Null: no such file. */
  asset(viewer: ViewerName, file: string): Promise<Asset | null>
}

const script = 'text/javascript; charset=utf-8'
const css = 'text/css; charset=utf-8'

/**
 * Fetch sends cookies to its own site unless it is told not to; `withCredentials: false` alone does not tell it.
 * Swagger UI's schema of its options: docs/usage/configuration of the package.
 */
const swaggerInit = `'use strict'
window.ui = SwaggerUIBundle({
  url: new URL('schema?format=json', document.baseURI).href,
  dom_id: '#viewer',
  presets: [SwaggerUIBundle.presets.apis],
  layout: 'BaseLayout',
  deepLinking: true,
  docExpansion: 'list',
  defaultModelsExpandDepth: 0,
  tryItOutEnabled: false,
  persistAuthorization: false,
  queryConfigEnabled: false,
  validatorUrl: null,
  withCredentials: false,
  requestInterceptor: (request) => Object.assign(request, { credentials: 'omit' }),
})
`

const redocInit = `'use strict'
const fonts = 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif'
fetch(new URL('schema?format=json', document.baseURI), { credentials: 'omit' })
  .then((answer) => answer.json())
  .then((openapi) => {
    // Redoc lists the security schemes where the description asks for them.
    openapi.info.description += '\\n\\n# Authentication\\n\\n<SecurityDefinitions />'
    Redoc.init(
      openapi,
      {
        hideDownloadButtons: true,
        showSecuritySchemeType: true,
        nativeScrollbars: true,
        theme: {
          colors: { primary: { main: '#1f6f5c' } },
          typography: { fontFamily: fonts, headings: { fontFamily: fonts }, code: { fontFamily: 'ui-monospace, Menlo, Consolas, monospace' } },
        },
      },
      document.getElementById('viewer'),
    )
  })
`

const pageStyle = `body { margin: 0; background: #fff; color-scheme: light }
#viewer:empty::before { content: 'Loading …'; display: block; padding: 2rem; font: 1rem system-ui, sans-serif; color: #5a656a }
.swagger-ui .info { margin: 2rem 0 }
`

/** The bundle asks this host for a picture, and has no option not to. What we serve holds an empty one instead. */
const foreignLogo = 'https://cdn.redoc.ly/redoc/logo-mini.svg'
const emptyPicture = 'data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7'

/** Redoc's stand-alone bundle without its one request to a foreign host. TypeError when it is not where it was. */
export function withoutForeignLogo(bundle: string): string {
  const parts = bundle.split(foreignLogo)
  if (parts.length !== 2)
    throw new TypeError(`the Redoc bundle names ${foreignLogo} ${parts.length - 1} times, not once`)
  return parts.join(emptyPicture)
}

type Load = () => Promise<Asset>

const require = createRequire(import.meta.url)
const fromPackage =
  (path: string, type: string, change?: (text: string) => string): Load =>
  async () => {
    const bytes = await readFile(require.resolve(path))
    return makeAsset(type, change === undefined ? bytes : change(bytes.toString('utf8')))
  }
const own =
  (text: string, type: string): Load =>
  async () =>
    makeAsset(type, text)

/** Everything that is served; what is not here is 404. */
const files: Readonly<Record<ViewerName, ReadonlyMap<string, Load>>> = {
  swagger: new Map([
    ['swagger-ui.css', fromPackage('swagger-ui-dist/swagger-ui.css', css)],
    ['page.css', own(pageStyle, css)],
    ['swagger-ui-bundle.js', fromPackage('swagger-ui-dist/swagger-ui-bundle.js', script)],
    ['init.js', own(swaggerInit, script)],
  ]),
  redoc: new Map([
    ['page.css', own(pageStyle, css)],
    ['redoc.standalone.js', fromPackage('redoc/bundles/redoc.standalone.js', script, withoutForeignLogo)],
    ['init.js', own(redocInit, script)],
  ]),
}

const titles: Readonly<Record<ViewerName, string>> = { swagger: 'Swagger UI', redoc: 'Redoc' }

/** Files are read when they are first asked for, and kept. */
export function createViewers(): Viewers {
  const loaded = new Map<Load, Promise<Asset>>()
  const load = (from: Load): Promise<Asset> => {
    const known = loaded.get(from)
    if (known !== undefined) return known
    const asset = from()
    loaded.set(from, asset)
    // A file that could not be read may be there the next time.
    asset.catch(() => loaded.delete(from))
    return asset
  }
  return {
    async page(viewer) {
      const links = await Promise.all(
        [...files[viewer]].map(async ([file, from]) => {
          const source = `${viewer}/assets/${file}?v=${(await load(from)).version}`
          return file.endsWith('.css')
            ? html`<link rel="stylesheet" href="${source}">\n`
            : html`<script src="${source}" defer></script>\n`
        }),
      )
      const text = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${escapeHtml(titles[viewer])} · Cardea</title>
<link rel="icon" href="${pageIcon}">
${links.map(({ markup }) => markup).join('')}</head>
<body>
<div id="viewer"></div>
<noscript>This viewer needs JavaScript. The OpenAPI document itself is at <a href="schema">/api/schema</a>.</noscript>
</body>
</html>
`
      return pageReply(text, { scripts: true, looseStyles: true, workers: viewer === 'redoc' })
    },
    async asset(viewer, file) {
      const from = files[viewer].get(file)
      return from === undefined ? null : load(from)
    },
  }
}
