import { z } from '@hono/zod-openapi'
import type { Core } from '../../../core/cardea.ts'
import { CardeaError } from '../../../errors.ts'
import { type Route, route } from '../../api.ts'
import { bodies, flag } from '../../django/fields.ts'
import { asSuperuser } from '../callers.ts'
import { answer, type Door, ordinary } from '../door.ts'

const tag = 'LibrePhotos: site'

const SiteSettings = z
  .object({
    allow_registration: z.boolean(),
    allow_upload: z.boolean(),
    skip_patterns: z.string(),
    heavyweight_process: z.int(),
    map_api_provider: z.string(),
    map_api_key: z.string(),
    captioning_model: z.string(),
    llm_model: z.string(),
  })
  .openapi('LibrephotosSiteSettings')

/** What there is of it here: who may sign up. The rest belongs to parts that this server does not have. */
const settingsOf = ({ settings }: Core): z.infer<typeof SiteSettings> => ({
  allow_registration: settings.signUp === 'open',
  allow_upload: false,
  skip_patterns: '',
  heavyweight_process: 0,
  map_api_provider: '',
  map_api_key: '',
  captioning_model: 'None',
  llm_model: 'None',
})

const Sso = z
  .object({ enabled: z.literal(false), label: z.string(), providers: z.array(z.unknown()).max(0) })
  .openapi('LibrephotosSso')

export function siteRoutes(door: Door): readonly Route[] {
  const takes = ordinary(door)
  const both = (path: string) => [path, path.slice(0, -1)].map((each) => ({ path: each, hidden: each !== path }))
  return [
    ...both('/api/sitesettings/').flatMap(({ path, hidden }) => [
      route('GET', path, {
        tag,
        summary: 'What this site allows',
        takes,
        anonymous: true,
        hidden,
        answers: { 200: answer('Settings.', SiteSettings) },
        run: ({ core }) => ({ status: 200, body: settingsOf(core) }),
      }),
      route('POST', path, {
        tag,
        summary: 'Takes settings that are in force; another value is set in the configuration of the server',
        takes,
        needs: 'account:write',
        admit: asSuperuser,
        hidden,
        ...bodies,
        body: z.object({ allow_registration: flag, allow_upload: flag }).partial(),
        answers: { 200: answer('Settings.', SiteSettings) },
        errors: ['request_invalid'],
        run: ({ core, body }) => {
          const now = settingsOf(core)
          const names = ['allow_registration', 'allow_upload'] as const
          const fields = names
            .filter((name) => body[name] !== undefined && body[name] !== now[name])
            .map((field) => ({ field, message: 'This is set in the configuration of the server.' }))
          if (fields.length > 0) throw new CardeaError('request_invalid', { fields })
          return { status: 200, body: now }
        },
      }),
    ]),
    ...both('/api/auth/sso/config/').map(({ path, hidden }) =>
      route('GET', path, {
        tag,
        summary: 'Sign-in by way of others: there is none',
        takes: [],
        hidden,
        answers: { 200: answer('None.', Sso) },
        run: () => ({ status: 200, body: { enabled: false, label: '', providers: [] } }),
      }),
    ),
  ]
}
