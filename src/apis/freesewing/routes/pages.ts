import { assetReply, makeAsset } from '../../../http/assets.ts'
import { pageReply } from '../../../http/html.ts'
import { type Route, route } from '../../api.ts'
import type { Door } from '../door.ts'
import { linkPages } from '../links.ts'
import { pageScript } from '../page-script.ts'
import { confirmPage } from '../pages.ts'

const script = makeAsset('text/javascript; charset=utf-8', pageScript)
const tag = 'FreeSewing: pages'

/** Where mailed links lead when no front end is configured. A GET shows a button and uses nothing up. */
export const pageRoutes = ({ base }: Door): readonly Route[] => [
  ...Object.values(linkPages).map((name) =>
    route('GET', `/confirm/${name}`, {
      tag,
      summary: 'The page that a mailed link leads to',
      takes: [],
      answers: { 200: { description: 'A page.', type: 'text/html' } },
      hidden: true,
      run: () => pageReply(confirmPage(name, base), { scripts: true }),
    }),
  ),
  route('GET', '/confirm/assets/confirm.js', {
    tag,
    summary: 'The script of these pages',
    takes: [],
    answers: { 200: { description: 'The script.', type: 'text/javascript' } },
    hidden: true,
    run: (call) => assetReply(script, call.request, 'no-cache'),
  }),
]
