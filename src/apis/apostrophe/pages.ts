import { z } from '@hono/zod-openapi'

const usualPage = 50

/** Numbers in a query as this contract reads them: whatever is no number from 1 up is 1. */
function numberIn(text: string | undefined, usual: number, most: number): number {
  if (text === undefined || text === '') return usual
  const number = Number(text)
  return Number.isFinite(number) && number >= 1 ? Math.min(most, Math.floor(number)) : 1
}

/** `page`, `perPage` and `count` of a list. */
export const pageQuery = {
  page: z.string().optional().openapi({ description: 'From 1 on.' }),
  perPage: z
    .string()
    .optional()
    .openapi({ description: `Items on a page; default ${usualPage}.` }),
  count: z.string().optional().openapi({ description: '`1`: how many there are, and nothing else.' }),
}

export interface PageNumbers {
  readonly page: number
  readonly perPage: number
  readonly skip: number
  readonly countOnly: boolean
}

/** A page far beyond any list: more than that is not asked of the store. */
const lastPage = 1_000_000_000

/** `most`: the most that one page may hold. */
export function pageNumbers(
  query: {
    readonly page?: string | undefined
    readonly perPage?: string | undefined
    readonly count?: string | undefined
  },
  most: number,
): PageNumbers {
  const page = numberIn(query.page, 1, lastPage)
  const perPage = numberIn(query.perPage, Math.min(usualPage, most), most)
  return { page, perPage, skip: (page - 1) * perPage, countOnly: /^[ty1]/i.test(query.count ?? '') }
}

export const pagesOf = (total: number, perPage: number): number => Math.ceil(total / perPage)
