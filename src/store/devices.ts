import type { DeviceStore } from '../core/ports.ts'
import type { Db } from './db.ts'
import { count } from './rows.ts'

export function createDeviceStore(db: Db): DeviceStore {
  return {
    async remember(userId, device, now) {
      await db.write
        .insertInto('devices')
        .values({ user_id: userId, device, last_at: now })
        .onConflict((oc) => oc.columns(['user_id', 'device']).doUpdateSet({ last_at: now }))
        .execute()
    },

    async isKnown(userId, device) {
      const row = await db.read
        .selectFrom('devices')
        .select('user_id')
        .where('user_id', '=', userId)
        .where('device', '=', device)
        .executeTakeFirst()
      return row !== undefined
    },

    async purge(before) {
      return count(await db.write.deleteFrom('devices').where('last_at', '<', before).executeTakeFirst())
    },
  }
}
