// Holds a PostgreSQL server for the process that started this one, and ends it and removes its files when that process
// lets go of our standard input: by stop(), by ending, or by being killed. A process of its own group, so that Ctrl-C
// and a killed group do not take it along before it has cleaned up.
import { spawn } from 'node:child_process'
import { openSync, rmSync } from 'node:fs'
import { join } from 'node:path'

const { program, args, as, home } = JSON.parse(process.argv[2])
const log = openSync(join(home, 'log'), 'a')
const server = spawn(program, args, { ...as, cwd: home, stdio: ['ignore', log, log] })

let wanted = true
process.stdin.resume()
process.stdin.once('end', () => {
  wanted = false
  server.kill('SIGQUIT')
})
server.once('error', () => process.exit(1))
server.once('exit', () => {
  // A server that ends by itself leaves its log for whoever started it.
  if (!wanted) rmSync(home, { recursive: true, force: true, maxRetries: 5 })
  process.exit(wanted ? 1 : 0)
})
