import { mailedLink as apostropheLink } from '../apis/apostrophe/links.ts'
import { mailedLink as freesewingLink } from '../apis/freesewing/links.ts'
import { mailedLink as librephotosLink } from '../apis/librephotos/links.ts'
import type { Config } from '../config/config.ts'
import type { CoreDeps } from '../core/cardea.ts'

/** How links look in the mails of the doors that are open and have links of their own. */
export function mailedLinks({ publicUrl, doors }: Pick<Config, 'publicUrl' | 'doors'>): CoreDeps['links'] & object {
  const { freesewing, apostrophe, librephotos } = doors
  const base = `${publicUrl}${freesewing.prefix}`
  return {
    ...(freesewing.enabled && { freesewing: freesewingLink({ siteUrl: freesewing.siteUrl, base }) }),
    ...(apostrophe.enabled && { apostrophe: apostropheLink(apostrophe.siteUrl) }),
    ...(librephotos.enabled && librephotos.siteUrl !== null && { librephotos: librephotosLink(librephotos.siteUrl) }),
  }
}
