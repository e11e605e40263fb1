import { project } from 'cardea/guard'
import { optional } from 'cardea/next'
import { article, guard } from '../cardea'

export const GET = optional(guard, [], (_request, { principal }) =>
  Response.json(principal === null ? project(article, { title: 1, 'author.name': 1 }) : article),
)
