#!/usr/bin/env node
import { runCommand } from './run.ts'

// A reader that went away (`cardea user list | head`) is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0)
})
process.exitCode = await runCommand(process.argv.slice(2), process)
