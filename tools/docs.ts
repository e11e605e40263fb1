// Writes the parts of docs/ that are made from the sources: `npm run docs`. With --check it writes nothing and fails
// when a file is not what the sources say.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { renderDocs } from '../src/config/docs.ts'

const pages = { 'docs/config.md': renderDocs() }

for (const [path, text] of Object.entries(pages)) {
  const file = fileURLToPath(new URL(`../${path}`, import.meta.url))
  const stands = existsSync(file) ? readFileSync(file, 'utf8') : ''
  if (stands === text) continue
  if (process.argv.includes('--check')) {
    process.stderr.write(`${path} is not what the sources say. Run \`npm run docs\`.\n`)
    process.exitCode = 1
  } else writeFileSync(file, text)
}
