import type { Config } from '../config/config.ts'
import { type LoadWish, loadConfig } from '../config/load.ts'
import { defaultRoles } from '../core/roles.ts'

/** The configuration of this program: the settings over the roles that the core brings. Throws ConfigError. */
export function loadSettings(wish: Omit<LoadWish, 'builtInRoles'> = {}): Promise<Config> {
  return loadConfig({ ...wish, builtInRoles: defaultRoles })
}
