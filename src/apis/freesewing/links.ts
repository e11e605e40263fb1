import type { DoorLink } from '../../core/door-links.ts'

export interface LinkPlaces {
  /** Null: there is no front end. */
  readonly siteUrl: string | null
  /** Public URL and prefix, without a trailing slash. */
  readonly base: string
}

/** Last part of the address, as the contract's sites have it. */
export const linkPages = {
  'confirm-email': 'signup',
  'sign-in-link': 'signin',
  'change-email': 'emailchange',
} as const
export type LinkPage = (typeof linkPages)[keyof typeof linkPages]

const pageOf = (purpose: string): LinkPage | undefined =>
  Object.hasOwn(linkPages, purpose) ? linkPages[purpose as keyof typeof linkPages] : undefined

/**
 * Links in the mails of this door. A site of the contract reads id and check from the query; our own pages read them from
 * the fragment, which a browser sends to nobody.
 */
export function mailedLink({ siteUrl, base }: LinkPlaces): DoorLink {
  return (purpose, id, check) => {
    const page = pageOf(purpose)
    if (page === undefined) return null
    const pair = `id=${id}&check=${check}`
    return siteUrl === null ? `${base}/confirm/${page}#${pair}` : `${siteUrl}/confirm/${page}?${pair}`
  }
}
