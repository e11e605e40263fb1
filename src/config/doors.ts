import { boolean, corsOrigins, origin, pathPrefix } from './kinds.ts'
import { derived, type Option, option } from './option.ts'

/** The contracts beside the native one that there are settings of. */
export const doorNames = ['freesewing', 'apostrophe', 'librephotos', 'hautai'] as const
export type DoorName = (typeof doorNames)[number]

/** The settings that every door of another contract has, under its name. */
export type DoorOptions<N extends string> = { readonly [P in `${N}.enabled`]: Option<boolean> } & {
  readonly [P in `${N}.prefix`]: Option<string>
} & { readonly [P in `${N}.siteUrl`]: Option<string> } & {
  readonly [P in `${N}.corsOrigins`]: Option<readonly string[] | '*'>
}

/** `title` names the contract in the sentences of the documentation; `origins` is what its clients are used to. */
export function doorOptions<N extends DoorName>(
  name: N,
  title: string,
  origins: readonly string[] | '*',
): DoorOptions<N> {
  const rows: Record<string, Option<boolean> | Option<string> | Option<readonly string[] | '*'>> = {
    [`${name}.enabled`]: derived(boolean, 'true; false inside another program', {
      doc: `Serve the ${title} API.`,
    }),
    [`${name}.prefix`]: option(pathPrefix, '', {
      defaultText: 'none: its own paths at the root',
      doc: `Path that all addresses of the ${title} API stand below, such as \`/${name}\`.`,
    }),
    [`${name}.siteUrl`]: derived(origin, 'the public URL, with pages of our own', {
      doc: `Address of the front end that links in mails of the ${title} API lead to.`,
    }),
    [`${name}.corsOrigins`]: option(corsOrigins, origins, {
      doc: `Origins of web pages that may call the ${title} API from a browser; \`*\` for all of them, without cookies.`,
    }),
  }
  return rows as DoorOptions<N>
}
