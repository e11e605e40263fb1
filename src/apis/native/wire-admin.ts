import { z } from '@hono/zod-openapi'
import type { Census, DayCount } from '../../core/admin-records.ts'
import type { DocumentSample } from '../../core/documents-sample.ts'
import type { Field, PieceType } from '../../core/piece-types.ts'
import type { ApiKey, AuditEvent, PrivateToken, SigningKey } from '../../core/records.ts'
import type { Millis, Scope, User } from '../../types.ts'
import type { ServerState, SettingsReport } from './office.ts'
import {
  EventBody,
  eventBody,
  iso,
  KeyBody,
  keyBody,
  SigningKeyBody,
  signingKeyBody,
  TokenBody,
  tokenBody,
  UserBody,
  userBody,
} from './wire.ts'

/* The shapes of the administration, beside those of wire.ts. */

const time = z.iso.datetime().openapi({ example: '2026-01-31T12:00:00.000Z' })
const scopes = z.array(z.string())
const isoOrNull = (at: Millis | null): string | null => (at === null ? null : iso(at))

export const ManagedUserBody = UserBody.extend({
  granted_scopes: scopes.openapi({ description: 'Given by name on top of the role; services only.' }),
  has_password: z.boolean(),
  updated_at: time,
}).openapi('ManagedUser')

export function managedUserBody(user: User, has: ReadonlySet<Scope>): z.infer<typeof ManagedUserBody> {
  return {
    ...userBody(user, has),
    granted_scopes: [...user.grantedScopes].sort(),
    has_password: user.hasPassword,
    updated_at: iso(user.updatedAt),
  }
}

export const RolesBody = z
  .object({
    items: z.array(z.object({ name: z.string(), scopes })),
    scopes: scopes.openapi({ description: 'All that this server knows; services can be given any by name.' }),
  })
  .openapi('Roles')

// ── keys and private tokens of everybody ────────────────────────────────────────────────────────────────────────────

const OwnerBody = z
  .object({
    id: z.uuid(),
    username: z.string(),
    kind: z.enum(['person', 'service']),
    status: z.enum(['pending', 'active', 'disabled', 'blocked']),
  })
  .openapi('Owner')
export const OwnedKeyBody = KeyBody.extend({ owner: OwnerBody }).openapi('OwnedApiKey')
export const OwnedTokenBody = TokenBody.extend({ owner: OwnerBody }).openapi('OwnedPrivateToken')

const ownerBody = ({ publicId, username, kind, status }: User) => ({ id: publicId, username, kind, status })

export function ownedKeyBody({ key, user }: { key: ApiKey; user: User }): z.infer<typeof OwnedKeyBody> {
  return { ...keyBody(key), owner: ownerBody(user) }
}

export function ownedTokenBody({ token, user }: { token: PrivateToken; user: User }): z.infer<typeof OwnedTokenBody> {
  return { ...tokenBody(token), owner: ownerBody(user) }
}

// ── the audit log ───────────────────────────────────────────────────────────────────────────────────────────────────

const nameOf = z.string().nullable().openapi({ description: 'The user name of now; null: there is no such user.' })
export const AuditEventBody = EventBody.extend({ user_name: nameOf, actor_name: nameOf }).openapi('AuditEvent')

export function auditEventBody(event: AuditEvent, names: ReadonlyMap<string, string>): z.infer<typeof AuditEventBody> {
  const named = (id: string | null) => (id === null ? null : (names.get(id) ?? null))
  return { ...eventBody(event), user_name: named(event.user), actor_name: named(event.actor) }
}

export const StatisticsBody = z
  .object({
    items: z.array(
      z.object({
        day: z.iso.date(),
        successes: z.int(),
        failures: z.int().openapi({ description: 'Wrong names, passwords and set-up codes.' }),
        factor_failures: z.int().openapi({ description: 'Wrong codes of a second factor.' }),
        limited: z.int().openapi({ description: 'Times that a limit was hit.' }),
      }),
    ),
    kept_days: z.int().openapi({ description: 'How long the audit log, which this is counted from, is kept.' }),
  })
  .openapi('SignInStatistics')

/** Which events each number counts. */
const counted = {
  successes: 'sign-in',
  failures: 'sign-in-failed',
  factor_failures: 'factor-failed',
  limited: 'sign-in-limited',
} as const
export const countedKinds: readonly string[] = Object.values(counted)

/** One item a day, oldest first, `days` of them up to the day of `until`. */
export function statisticsItems(
  counts: readonly DayCount[],
  lastDay: number,
  days: number,
): z.infer<typeof StatisticsBody>['items'] {
  const of = (day: number, kind: string) => counts.find((each) => each.day === day && each.kind === kind)?.count ?? 0
  return Array.from({ length: days }, (_, index) => {
    const day = lastDay - days + 1 + index
    return {
      day: iso(day * 86_400_000).slice(0, 10),
      successes: of(day, counted.successes),
      failures: of(day, counted.failures),
      factor_failures: of(day, counted.factor_failures),
      limited: of(day, counted.limited),
    }
  })
}

// ── the server ──────────────────────────────────────────────────────────────────────────────────────────────────────

export const ManagedSigningKeyBody = SigningKeyBody.extend({
  state: z.enum(['next', 'signing', 'verifying', 'revoked']),
}).openapi('ManagedSigningKey')
export const SigningKeysBody = z
  .object({
    items: z.array(ManagedSigningKeyBody),
    schedule: z.array(z.object({ use: z.enum(['access', 'refresh', 'private']), kid: z.string(), next_at: time })),
  })
  .openapi('SigningKeys')

export function managedSigningKeyBody(key: SigningKey, signs: boolean): z.infer<typeof ManagedSigningKeyBody> {
  const waits = key.retiredAt === null && !signs
  const state = key.revokedAt !== null ? 'revoked' : signs ? 'signing' : waits ? 'next' : 'verifying'
  return { ...signingKeyBody(key), state }
}

export const ConfigurationBody = z
  .object({
    strict: z.boolean(),
    file: z.string().nullable(),
    relaxations: z.array(z.string()),
    items: z.array(
      z.object({
        setting: z.string(),
        variable: z.string(),
        value: z.unknown().openapi({ description: 'Null where `shown` is false.' }),
        shown: z.boolean().openapi({ description: 'False: secret, or not known to be safe to show.' }),
        is_set: z.boolean(),
        source: z.string().openapi({ description: '`default`, `file`, `environment` or `flag`.' }),
        default: z.string(),
        unit: z.string().nullable(),
        doc: z.string(),
      }),
    ),
  })
  .openapi('Configuration')

export function configurationBody(report: SettingsReport): z.infer<typeof ConfigurationBody> {
  const { strict, file, relaxations, settings } = report
  return {
    strict,
    file,
    relaxations: [...relaxations],
    items: settings.map(({ isSet, ...row }) => ({ ...row, is_set: isSet })),
  }
}

export const StatusBody = z
  .object({
    version: z.string(),
    runtime: z.string(),
    engine: z.enum(['sqlite', 'postgres']),
    started_at: time,
    now: time,
    memory_bytes: z.int(),
    database: z.object({ answers: z.boolean(), migrations: z.int(), newest_migration: z.string().nullable() }),
    changes: z.object({
      fresh: z.boolean(),
      seq: z.int(),
      age_seconds: z.number().nullable().openapi({ description: 'Since the change feed was read; null: never.' }),
    }),
    mail: z.object({
      via: z.enum(['smtp', 'outbox']),
      host: z.string().nullable(),
      last_sent_at: time.nullable(),
      last_failed_at: time.nullable(),
    }),
    jobs: z.array(
      z.object({
        name: z.string(),
        every_seconds: z.int(),
        running: z.boolean(),
        last_run_at: time.nullable(),
        last_millis: z.int().nullable(),
        failed: z.boolean(),
      }),
    ),
    counts: z
      .object({
        users: z.object({ pending: z.int(), active: z.int(), disabled: z.int(), blocked: z.int() }),
        services: z.int(),
        sessions: z.int(),
        keys: z.int(),
        tokens: z.int(),
        events: z.int(),
        documents: z.int(),
      })
      .nullable(),
    suspended: z.object({ keys: z.int(), tokens: z.int() }).nullable(),
  })
  .openapi('Status')

/** What the database says; null where it does not answer. */
export interface StoreState {
  readonly census: Census
  readonly migrations: readonly string[]
  readonly suspended: { readonly keys: number; readonly tokens: number }
}

export function statusBody(
  server: ServerState,
  stored: StoreState | null,
  feed: { readonly fresh: boolean; readonly seq: number; readonly lastReadAt: Millis | null },
  now: Millis,
): z.infer<typeof StatusBody> {
  const { mail, jobs } = server
  return {
    version: server.version,
    runtime: server.runtime,
    engine: server.engine,
    started_at: iso(server.startedAt),
    now: iso(now),
    memory_bytes: server.memoryBytes,
    database: {
      answers: stored !== null,
      migrations: stored?.migrations.length ?? 0,
      newest_migration: stored?.migrations.at(-1) ?? null,
    },
    changes: {
      fresh: feed.fresh,
      seq: feed.seq,
      age_seconds: feed.lastReadAt === null ? null : Math.max(0, now - feed.lastReadAt) / 1000,
    },
    mail: {
      via: mail.via,
      host: mail.host,
      last_sent_at: isoOrNull(mail.lastSentAt),
      last_failed_at: isoOrNull(mail.lastFailedAt),
    },
    jobs: jobs.map((job) => ({
      name: job.name,
      every_seconds: job.everySeconds,
      running: job.running,
      last_run_at: isoOrNull(job.lastRunAt),
      last_millis: job.lastMillis,
      failed: job.failed,
    })),
    counts: stored?.census ?? null,
    suspended: stored?.suspended ?? null,
  }
}

// ── piece types ─────────────────────────────────────────────────────────────────────────────────────────────────────

const FieldBody = z.object({
  name: z.string(),
  type: z.string(),
  required: z.boolean(),
  with_type: z.string().nullable(),
  fields: z.array(z.object({ name: z.string(), type: z.string() })),
})
export const PieceTypesBody = z
  .object({
    items: z.array(
      z.object({
        name: z.string(),
        url: z.string().nullable(),
        fields: z.array(FieldBody),
        projection: z.array(z.string()).nullable().openapi({
          description: 'What anonymous callers see; null: for them the type does not exist.',
        }),
        guests_see_all: z.boolean(),
        view_role: z.string(),
        edit_role: z.string(),
        publish_role: z.string(),
      }),
    ),
  })
  .openapi('PieceTypes')

const fieldBody = ({ name, type, required, withType, fields }: Field): z.infer<typeof FieldBody> => ({
  name,
  type,
  required,
  with_type: withType,
  fields: fields.map((inner) => ({ name: inner.name, type: inner.type })),
})

export function pieceTypeBody(type: PieceType): z.infer<typeof PieceTypesBody>['items'][number] {
  return {
    name: type.name,
    url: type.url,
    fields: type.fields.map(fieldBody),
    projection: type.publicApiProjection === null ? null : [...type.publicApiProjection],
    guests_see_all: type.guestApiAccess,
    view_role: type.viewRole,
    edit_role: type.editRole,
    publish_role: type.publishRole,
  }
}

const Shown = z.record(z.string(), z.unknown()).nullable()
export const PieceSampleBody = z
  .object({
    anonymous: Shown.openapi({ description: 'As somebody sees it who sends no credential; null: not at all.' }),
    whole: Shown.openapi({ description: 'As the caller sees it; null: not at all.' }),
    stored: z.boolean().openapi({ description: 'False: nothing is published yet; this is a blank document.' }),
  })
  .openapi('PieceSample')

export function pieceSampleBody({ anonymous, whole, stored }: DocumentSample): z.infer<typeof PieceSampleBody> {
  return {
    anonymous: anonymous === null ? null : { ...anonymous },
    whole: whole === null ? null : { ...whole },
    stored,
  }
}
