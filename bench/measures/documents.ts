import { compare, describe, warmUp } from '../compare.ts'
import type { DocumentsWish } from '../documents.ts'
import { start } from '../processes.ts'
import { atMost, type Measure } from './types.ts'

const name = 'documents.page_vs_by_hand'
const query = `section=city&${encodeURIComponent('sort[minutes]')}=1&page=3`

/** A filtered and sorted page of 50 among 100,000 documents for nobody in particular, against the same query by hand. */
export const documentsMeasure: Measure = {
  goals: { [name]: atMost(2, 'x') },
  async run(bench) {
    const wish: DocumentsWish = { dataDir: bench.folder(), documents: bench.quick ? 10_000 : 100_000 }
    const product = await start({ script: 'documents.ts', wish, core: 'server', profile: bench.profile })
    const byHand = await start({ script: 'documents-by-hand.ts', wish, core: 'server' })
    try {
      const urlOf = ({ ready }: typeof product) => (ready as { readonly url: string }).url
      const one = { process: byHand, url: `${urlOf(byHand)}/article?${query}` }
      const other = { process: product, url: `${urlOf(product)}/api/v1/article?${query}` }
      await demandSame(one.url, other.url)
      await warmUp(one, bench.quick ? 1 : 3)
      await warmUp(other, bench.quick ? 1 : 3)
      const compared = await compare(one, other, bench.seconds)
      bench.note(describe(`${name} (by hand against the product)`, compared))
      return { [name]: compared.ratio }
    } finally {
      await byHand.stop()
      await product.stop()
    }
  },
}

/** Two that answer different things are not compared. */
async function demandSame(one: string, other: string): Promise<void> {
  const [a, b] = await Promise.all([one, other].map(async (url) => (await (await fetch(url)).json()) as Page))
  if (JSON.stringify(sorted(a)) !== JSON.stringify(sorted(b))) throw new Error('the two answer different pages')
}

interface Page {
  readonly pages: number
  readonly results: readonly Readonly<Record<string, unknown>>[]
}

const sorted = ({ pages, results }: Page = { pages: 0, results: [] }) => [
  pages,
  results.map((each) => Object.entries(each).toSorted(([x], [y]) => (x < y ? -1 : 1))),
]
