import { z } from '@hono/zod-openapi'
import { CardeaError } from '../../../errors.ts'
import { assetReply, makeAsset } from '../../../http/assets.ts'
import { pageReply } from '../../../http/html.ts'
import { type Route, route } from '../../api.ts'
import type { LoadConsole } from '../console.ts'
import { linkScript } from '../link-script.ts'
import { linkPage, linkPurposes } from '../pages.ts'
import { none } from './common.ts'

const script = makeAsset('text/javascript; charset=utf-8', linkScript)

/**
 * Where mailed links lead. A GET shows a button; nothing is used up by it, and no credential is looked at. Where the
 * console is served, its pages of the same names do it: browsers take the fragment with the token along.
 */
export const pageRoutes = (console: LoadConsole | null): readonly Route[] => [
  route('GET', '/auth/page/:purpose', {
    tag: 'Pages',
    summary: 'The page that a mailed link leads to',
    takes: none,
    params: z.strictObject({ purpose: z.string().max(64) }),
    answers: { 200: { description: 'A page.', type: 'text/html' }, 303: { description: 'The page of the console.' } },
    errors: ['not_found'],
    hidden: true,
    run: async (call) => {
      const purpose = linkPurposes.find((each) => each === call.params.purpose)
      if (purpose === undefined) throw new CardeaError('not_found')
      // Without a build the pages here have to do.
      if (console !== null && (await console()) !== null)
        return { status: 303, headers: { Location: `/console/${purpose}` } }
      return pageReply(linkPage(purpose, call.http.publicUrl, call.core.settings.password), { scripts: true })
    },
  }),
  route('GET', '/auth/page/assets/link.js', {
    tag: 'Pages',
    summary: 'The script of these pages',
    takes: none,
    answers: { 200: { description: 'The script.', type: 'text/javascript' } },
    hidden: true,
    run: (call) => assetReply(script, call.request, 'no-cache'),
  }),
]
