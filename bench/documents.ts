/* The product's server with many documents of one piece type, which anybody may read in part. */

import { onPort } from '../src/config/config.ts'
import type { Settings } from '../src/config/options.ts'
import { createHouseApp } from '../src/server/app.ts'
import { openHouse } from '../src/server/house.ts'
import { listen } from '../src/server/http-server.ts'
import { benchLog, benchSettings } from './house.ts'
import { readWish, serveQuestions } from './processes.ts'

export interface DocumentsWish {
  readonly dataDir: string
  readonly documents: number
}

const sections = ['city', 'culture', 'weather', 'sport', 'letters']

const settings: Settings = {
  apostrophe: { enabled: true },
  pieces: {
    article: {
      fields: {
        summary: 'string',
        body: 'string',
        section: { type: 'select', choices: sections },
        minutes: 'integer',
        fee: 'float',
      },
      publicApiProjection: { title: 1, summary: 1, section: 1, minutes: 1, _url: 1 },
      url: '/articles/:slug',
      indexes: [['section', 'minutes']],
    },
  },
}

const { dataDir, documents } = readWish<DocumentsWish>()
const log = benchLog()
const app = Promise.withResolvers<Awaited<ReturnType<typeof createHouseApp>>>()
const wished = await benchSettings(dataDir, settings)
const server = await listen({ host: '127.0.0.1', port: 0, app: app.promise, log })
const config = onPort(wished, server.port)
const house = await openHouse(config, { log, as: 'server' })
const { core } = house
await core.feed.start()
await core.documents.setIndexes()
await fill()
app.resolve(await createHouseApp(house))

/** One in ten is for people of the house only, so that not all that is found is shown. */
async function fill(): Promise<void> {
  const [type] = core.documents.types
  if (type === undefined) throw new Error('the type is not there')
  const lines = Array.from({ length: documents }, (_, index) => ({
    line: index + 1,
    content: {
      title: `Article number ${index}`,
      slug: `article-${index}`,
      visibility: index % 10 === 0 ? 'loginRequired' : 'public',
      summary: `What ${index} people said about it, in one sentence that is long enough to be read.`,
      body: `The text of article ${index}. `.repeat(20),
      section: sections[(index * 7) % sections.length],
      minutes: (index * 7919) % 1000,
      fee: (index * 31) % 500,
    },
  }))
  const wish = { mode: 'published', owner: null, dryRun: false } as const
  const { count, problems } = await core.documents.importAll(type, lines, wish)
  if (count !== documents) throw new Error(`not all were made: ${JSON.stringify(problems[0])}`)
}

serveQuestions(
  { url: config.publicUrl },
  () => null,
  async () => {
    await server.stop(1000)
    await house.close()
  },
)
