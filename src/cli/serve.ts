import type { Command } from 'commander'
import { version } from '../server/banner.ts'
import { createLog } from '../server/log.ts'
import { serve } from '../server/serve.ts'
import { stopOnSignals } from '../server/shutdown.ts'
import { type Io, writeJson } from './output.ts'
import { addVerb, type CommonFlags, settingsFor } from './verb.ts'

/** `cardea serve` */
export function addServe(program: Command, io: Io): void {
  addVerb(
    program,
    'serve',
    'run the server until it is told to stop (SIGTERM, Ctrl-C)',
    'serve --port 4000 --data-dir ./data',
  )
    .option('--port <port>', 'port to listen on (setting port)')
    .option('--host <host>', 'name or address to listen on (setting host)')
    .action(async (flags: CommonFlags) => {
      const config = await settingsFor(flags)
      const document = flags.json === true
      // With --json standard output holds one document and the log goes to standard error.
      const log = createLog({ level: config.logLevel, stream: document ? io.stderr : io.stdout })
      const running = await serve(config, { log, print: (text) => void io.stderr.write(`${text}\n`) })
      stopOnSignals({ process, stop: running.stop, log })
      log.info({ url: running.url, dataDir: config.dataDir, strict: config.strict }, 'listening')
      if (document)
        writeJson(io, {
          url: running.url,
          port: running.config.port,
          pid: process.pid,
          version: version(),
          data_dir: config.dataDir,
          strict: config.strict,
        })
    })
}
