import { mailedLink } from '../apis/freesewing/links.ts'
import type { Config } from '../config/config.ts'
import type { CoreDeps } from '../core/cardea.ts'

/** How links look in the mails of the doors that are open and have links of their own. */
export function mailedLinks({ publicUrl, doors }: Pick<Config, 'publicUrl' | 'doors'>): CoreDeps['links'] & object {
  const { enabled, siteUrl, prefix } = doors.freesewing
  return enabled ? { freesewing: mailedLink({ siteUrl, base: `${publicUrl}${prefix}` }) } : {}
}
