import type { DeviceStore } from '../core/ports.ts'
import type { Millis } from '../types.ts'
import type { Db } from './db.ts'
import { prepared } from './prepared.ts'
import { count } from './rows.ts'
import type { DeviceTable } from './schema.ts'

/** It only has to tell years apart: a place that is used daily is written once a day, not at each sign-in. */
const staleMillis = 24 * 60 * 60 * 1000

const known = prepared<{ user: number; device: string }, Pick<DeviceTable, 'user_id'>>((queries, slot) =>
  queries
    .selectFrom('devices')
    .select('user_id')
    .where('user_id', '=', slot('user'))
    .where('device', '=', slot('device')),
)
const seen = prepared<{ user: number; device: string; now: Millis; stale: Millis }, never>((queries, slot) =>
  queries
    .insertInto('devices')
    .values({ user_id: slot('user'), device: slot('device'), last_at: slot('now') })
    .onConflict((oc) =>
      oc
        .columns(['user_id', 'device'])
        .doUpdateSet({ last_at: slot('now') })
        .where('devices.last_at', '<', slot('stale')),
    ),
)

export function createDeviceStore(db: Db): DeviceStore {
  return {
    async remember(user, device, now) {
      await seen(db.write, { user, device, now, stale: now - staleMillis })
    },

    async isKnown(user, device) {
      return (await known(db.read, { user, device })).length > 0
    },

    async purge(before) {
      return count(await db.write.deleteFrom('devices').where('last_at', '<', before).executeTakeFirst())
    },
  }
}
