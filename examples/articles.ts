/* What the examples serve: the same in each, whatever the framework. */

export const article = {
  title: 'The hinge',
  author: { name: 'Ovid', mail: 'ovid@example.com' },
  draft: 'not for everybody',
}

/** What callers without a credential see of it. */
export const publicFields = { title: 1, 'author.name': 1 } as const

/** Where Cardea is, and the key that this program asks with. */
export function readSettings({ ISSUER, GUARD_KEY, PORT }: NodeJS.ProcessEnv) {
  const issuer = ISSUER ?? 'http://127.0.0.1:4000'
  return { issuer, key: GUARD_KEY ?? '', port: Number(PORT ?? '4100') }
}
