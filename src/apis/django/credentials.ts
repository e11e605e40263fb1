import { CardeaError } from '../../errors.ts'
import { createCredentialReader } from '../../http/credentials.ts'
import type { CredentialKind } from '../../types.ts'
import type { Api } from '../api.ts'

/** What can be wrong with an Authorization header before what it carries is looked at: names of texts. */
export const headerWords = ['notProvided', 'twoValues', 'basicEmpty', 'basicBlanks', 'basicNoBase64'] as const
export type HeaderWord = (typeof headerWords)[number]
export const isHeaderWord = (text: string): text is HeaderWord => headerWords.some((word) => word === text)

function refusal(kind: CredentialKind, authorization: HeaderWord): CardeaError {
  return new CardeaError('credential_malformed', { kind, extra: { authorization } })
}

/**
 * The framework's own look at the header: `Bearer` in exactly this spelling (the other one is a scheme that nobody
 * knows), Basic in any. A header that is there but says nothing is refused, never passed over, with the words for one
 * that is missing.
 */
function checkHeader(header: string, bearer: 'exact' | 'any case'): void {
  const [scheme = '', ...values] = header.trim().split(/\s+/)
  const lower = scheme.toLowerCase()
  if (scheme === 'Bearer' || (bearer === 'any case' && lower === 'bearer')) {
    if (values.length !== 1) throw refusal('access-token', 'twoValues')
  } else if (lower === 'basic') {
    if (values.length === 0) throw refusal('password', 'basicEmpty')
    if (values.length > 1) throw refusal('password', 'basicBlanks')
  } else throw refusal('access-token', 'notProvided')
}

/** Bearer, then Basic. Throws credential_malformed with the word for what is wrong with the header. */
export function createDjangoReader(bearer: 'exact' | 'any case' = 'exact'): Api['readCredentials'] {
  const read = createCredentialReader(null)
  return (headers, connection) => {
    const header = headers.get('authorization')
    if (header !== null) checkHeader(header, bearer)
    return read(headers, connection)
  }
}
