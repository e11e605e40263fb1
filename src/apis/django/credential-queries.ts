/** Keys that nothing of these contracts reads; they are not carried into another address. */
const names = ['apikey', 'apiKey', 'access_token']

export function strikeCredentials(query: URLSearchParams): void {
  for (const name of names) query.delete(name)
}
