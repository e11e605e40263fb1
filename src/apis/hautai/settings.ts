import type { DoorSettings } from '../../http/settings.ts'

/** Nothing beyond what every door has: its one lifetime is fixed by the contract. */
export type HautaiSettings = DoorSettings
