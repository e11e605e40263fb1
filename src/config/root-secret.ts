import { chmod, link, lstat, mkdir, open, readFile, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { hexToken, randomBytes } from '../crypto/random.ts'
import type { Config } from './config.ts'
import { ConfigError } from './config-error.ts'
import { secretBytes } from './secret.ts'

/** The data folder, for this user only. One that stands keeps its mode: `doctor` looks at it. */
export async function makeDataFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
    throw new ConfigError([
      {
        setting: 'dataDir',
        from: path,
        message: `cannot be made (${error.code ?? error.name}); name a folder that this user may write`,
      },
    ])
  })
}

export function secretFile(config: Config): string {
  return join(config.dataDir, 'secret')
}

/**
 * The root secret and its predecessors: from the settings, else from the file in the data folder, which is made when
 * there is none. Processes that start side by side agree: the file appears whole, under its name, exactly once.
 */
export async function openRootSecret(
  config: Config,
): Promise<{ readonly current: Buffer; readonly previous: readonly Buffer[] }> {
  const current = config.secret === null ? await fromFile(config) : decode(config.secret, 'secret', 'settings')
  return { current, previous: config.previousSecrets.map((text) => decode(text, 'previousSecrets', 'settings')) }
}

async function fromFile(config: Config): Promise<Buffer> {
  const path = secretFile(config)
  const stored = await read(path)
  if (stored !== null) return decode(stored, 'secret', path)
  await makeDataFolder(config.dataDir)
  const draft = `${path}.${hexToken(8)}`
  const file = await open(draft, 'wx', 0o600).catch((error: NodeJS.ErrnoException) => {
    throw unusable(path, `cannot be made (${error.code ?? error.name})`)
  })
  try {
    try {
      await file.writeFile(`${randomBytes(32).toString('base64url')}\n`)
      await file.sync()
    } finally {
      await file.close()
    }
    await chmod(draft, 0o600)
    // A link is made or refused as a whole: whoever comes second reads what the first one made.
    await link(draft, path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw unusable(path, `cannot be made (${error.code ?? error.name})`)
    })
  } finally {
    await unlink(draft)
  }
  return decode((await read(path)) ?? '', 'secret', path)
}

async function read(path: string): Promise<string | null> {
  try {
    if (!(await lstat(path)).isFile()) throw unusable(path, 'is not a plain file')
    return (await readFile(path, 'utf8')).replace(/\r?\n$/, '')
  } catch (error) {
    if (error instanceof ConfigError) throw error
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return null
    throw unusable(path, `cannot be read (${code ?? 'error'})`)
  }
}

function decode(text: string, setting: string, from: string): Buffer {
  const bytes = secretBytes(text)
  if (bytes !== null) return bytes
  throw new ConfigError([
    {
      setting,
      from,
      message: 'holds no secret of 32 bytes or more; put the one back that this data folder was made with',
    },
  ])
}

function unusable(path: string, message: string): ConfigError {
  return new ConfigError([{ setting: 'secret', from: path, message }])
}
