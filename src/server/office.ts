import type { Office } from '../apis/native/office.ts'
import { relaxations } from '../config/config.ts'
import { showConfig } from '../config/shown.ts'
import { version } from './banner.ts'
import type { House } from './house.ts'
import type { Jobs } from './jobs.ts'

/** What administrators see of this process. `jobs`: once there are any. */
export function createOffice({ config, store, clock, mailState }: House, jobs: () => Jobs | null): Office {
  const startedAt = clock.now()
  return {
    settings: () => ({
      strict: config.strict,
      file: config.file,
      relaxations: relaxations(config),
      settings: showConfig(config),
    }),
    state: () => ({
      version: version(),
      runtime: `Node.js ${process.versions.node}`,
      engine: store.engine,
      startedAt,
      memoryBytes: process.memoryUsage().rss,
      mail: {
        via: config.smtp === null ? 'outbox' : 'smtp',
        host: config.smtp === null ? null : new URL(config.smtp.url).hostname,
        ...mailState(),
      },
      jobs: jobs()?.states() ?? [],
    }),
  }
}
