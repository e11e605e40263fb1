import { fileURLToPath } from 'node:url'
import { createConsole } from '../apis/native/console.ts'
import type { ConsoleDeps } from '../apis/native/routes/console.ts'
import { randomToken } from '../crypto/random.ts'
import { version } from './banner.ts'

/** Where a build of `ui/` stands, in a checkout and in the published package alike. */
export const consoleFolder = fileURLToPath(new URL('../../dist/console', import.meta.url))

export function openConsole(folder: string = consoleFolder): ConsoleDeps {
  return { load: createConsole(folder), newNonce: randomToken, version: version() }
}
