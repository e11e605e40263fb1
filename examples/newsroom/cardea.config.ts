/*
 * A small newsroom: articles that anybody reads in part, memos for those who work there.
 *   CARDEA_CONFIG=examples/newsroom/cardea.config.ts npm start
 */
export default {
  pieces: {
    article: {
      fields: {
        title: { type: 'string', max: 120 },
        summary: { type: 'string', max: 300 },
        body: 'string',
        section: { type: 'select', choices: ['city', 'culture', 'weather'] },
        minutes: { type: 'integer', min: 1, max: 60 },
        printedOn: 'date',
        source: 'url',
        place: { type: 'object', fields: { town: 'string', street: 'string' } },
        pictures: { type: 'array', fields: { caption: 'string', address: 'url' } },
        fee: 'float',
        _related: { type: 'relationship', withType: 'article' },
      },
      publicApiProjection: {
        title: 1,
        summary: 1,
        section: 1,
        minutes: 1,
        printedOn: 1,
        'place.town': 1,
        _related: 1,
        _url: 1,
      },
      url: '/articles/:slug',
      // Filtered by section and sorted by reading time.
      indexes: [['section', 'minutes']],
    },
    memo: {
      fields: { text: 'string', urgent: 'boolean' },
    },
  },
}
