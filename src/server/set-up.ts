import { rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { makeDataFolder } from '../config/root-secret.ts'
import type { Core } from '../core/cardea.ts'
import type { Job } from '../core/jobs.ts'
import type { Log } from '../core/ports.ts'
import { hexToken } from '../crypto/random.ts'

export interface SetUpDeps {
  readonly core: Pick<Core, 'users' | 'settings' | 'clock'>
  readonly dataDir: string
  /** No other server is on this database: what was printed before is of no use to anybody, and dies with the next code. */
  readonly isAlone: boolean
  /** For the operator's eyes: standard error, never the log. */
  readonly print: (text: string) => void
  readonly log: Log
}

export interface SetUp {
  /** Prints and keeps a code when there is no administrator yet; removes what is left over otherwise. */
  begin(): Promise<void>
  /** Watches for the first administrator, and makes a new code when the old one has expired. */
  readonly job: Job
}

export function createSetUp({ core, dataDir, isAlone, print, log }: SetUpDeps): SetUp {
  const file = join(dataDir, 'setup-code')
  let renewAt: number | null = null

  async function begin(): Promise<void> {
    const code = (await core.users.needsSetUp()) ? await core.users.newSetUpCode({ replace: isAlone }) : null
    if (code === null) {
      await rm(file, { force: true })
      renewAt = null
      return
    }
    renewAt = core.clock.now() + core.settings.lifetimes.setUpCode * 1000
    await keep(code)
    print(setUpText(core.settings.publicUrl, code, file, core.settings.lifetimes.setUpCode))
    log.info({ path: file }, 'there is no administrator yet: the set-up code is in this file')
  }

  async function keep(code: string): Promise<void> {
    await makeDataFolder(dataDir)
    const draft = `${file}.${hexToken(6)}`
    await writeFile(draft, `${code}\n`, { mode: 0o600, flag: 'wx' })
    await rename(draft, file)
  }

  return {
    begin,
    job: {
      name: 'set-up',
      everySeconds: 1,
      async run() {
        if (renewAt === null) return
        if (core.clock.now() >= renewAt || !(await core.users.needsSetUp())) await begin()
      },
    },
  }
}

/**
 * What the operator reads. The curl line works as it is pasted: it makes a random password on the operator's machine,
 * so that no password of ours is ever printed or known beforehand.
 */
export function setUpText(publicUrl: string, code: string, file: string, lifeSeconds: number): string {
  const body = `{"code":"${code}","username":"admin","password":"'"$P"'"}`
  const minutes = Math.max(1, Math.round(lifeSeconds / 60))
  return [
    'There is no administrator yet. Make the first one with this one-time code:',
    '',
    `  ${code}`,
    '',
    `It is good for ${minutes} minute${minutes === 1 ? '' : 's'} and also stands in ${file}. By curl (makes a random password and shows it):`,
    '',
    `  P=$(head -c 15 /dev/urandom | base64); curl --fail-with-body -sS ${publicUrl}/auth/setup -H 'Content-Type: application/json' -d '${body}' && echo && echo "user name: admin  password: $P"`,
    '',
    'Or on the command line, under the same settings:  npx --no cardea user create admin --role admin',
    `Or in a browser:  ${publicUrl}/auth/page/setup#code=${code}`,
    '',
  ].join('\n')
}
