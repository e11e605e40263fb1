/* What a page of documents is compared with: the same query over the same file, written by hand for a bare route. */
import type { AddressInfo } from 'node:net'
import { serve } from '@hono/node-server'
import Database from 'better-sqlite3'
import { Hono } from 'hono'
import { sqliteFile } from '../src/store/open.ts'
import { readWish, serveQuestions } from './processes.ts'

interface Row {
  readonly doc_id: string
  readonly slug: string
  readonly updated_at: number
  readonly fields: string
}

const database = new Database(sqliteFile(readWish<{ dataDir: string }>().dataDir), { readonly: true })
const section = `substr(json_extract(fields, '$."section"'), 1, 200)`
const minutes = `case when json_type(fields, '$."minutes"') in ('integer', 'real') then json_extract(fields, '$."minutes"') end`
const from = `from documents where type = 'article' and mode = 'published' and visibility = 'public' and archived = 0 and ${section} = ?`
const total = database.prepare<[string], { total: number }>(`select count(*) as total ${from}`)
const page = database.prepare<[string, number, number], Row>(
  `select doc_id, slug, updated_at, fields ${from} order by ${minutes}, updated_at, doc_id limit ? offset ?`,
)
const size = 50

function shown({ doc_id, slug, updated_at, fields }: Row) {
  const { title, summary, section: in_, minutes: long } = JSON.parse(fields)
  return {
    _id: `${doc_id}:en:published`,
    type: 'article',
    metaType: 'doc',
    cacheInvalidatedAt: new Date(updated_at).toISOString(),
    slug,
    title,
    summary,
    section: in_,
    minutes: long,
    _url: `/articles/${slug}`,
  }
}

const app = new Hono()
app.get('/article', (c) => {
  const wanted = c.req.query('section') ?? ''
  const at = Number(c.req.query('page') ?? 1)
  const count = total.get(wanted)?.total ?? 0
  const results = page.all(wanted, size, (at - 1) * size).map(shown)
  return c.json({ pages: Math.ceil(count / size), currentPage: at, results })
})
const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, ({ port }: AddressInfo) => {
  serveQuestions(
    { url: `http://127.0.0.1:${port}` },
    () => null,
    () => server.close(),
  )
})
