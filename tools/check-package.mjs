// Proves that what `npm pack` makes works where nothing of this checkout is: builds, packs, installs the tarball in an
// empty folder, imports every entry point, compiles a page against the types of the client and starts the command.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const scratch = mkdtempSync(join(tmpdir(), 'cardea-package-'))
const project = mkdtempSync(join(tmpdir(), 'cardea-consumer-'))

const page = `import { ClientError, createClient } from 'cardea/client'
const client = createClient({ url: 'https://id.example.com' })
const step = await client.signIn({ identifier: 'alice', password: 'secret' })
if (!step.done) await step.submitCode('123456')
const name: string | undefined = (await client.keys.list()).items[0]?.name
const { data } = await client.api.GET('/auth/keys/{id}', { params: { path: { id: name ?? '' } } })
export const scopes: string[] | null | undefined = data?.scopes
// @ts-expect-error: a key has a name
client.keys.create({}).catch((error) => error instanceof ClientError && error.code === 'request_invalid')
`

try {
  npm(root, 'run', 'build')
  const [packed] = JSON.parse(npm(root, 'pack', '--json', '--ignore-scripts', '--pack-destination', scratch))
  const files = packed.files.map(({ path }) => path)
  for (const file of ['README.md', 'LICENSE', manifest.bin.cardea, 'dist/console/index.html'])
    assert.ok(files.includes(file), `${file} is not packed`)
  const inner = files.filter((path) => /^(src|ui|test|tools|node_modules|data)\/|\.env|secret$/.test(path))
  assert.deepEqual(inner, [], 'files that are not for the package')

  writeFileSync(join(project, 'package.json'), '{ "name": "consumer", "private": true, "type": "module" }\n')
  npm(project, 'install', join(scratch, packed.filename), '--ignore-scripts', '--prefer-offline', '--omit=dev')

  const home = join(project, 'node_modules', manifest.name)
  for (const [subpath, target] of Object.entries(manifest.exports)) {
    const name = join(manifest.name, subpath).replaceAll('\\', '/')
    if (typeof target === 'string') {
      assert.ok(existsSync(join(home, target)), `${name}: ${target} is not packed`)
      continue
    }
    for (const file of [target.types, target.default])
      assert.ok(existsSync(join(home, file)), `${name}: ${file} is not packed`)
    assert.ok(existsSync(join(root, target['cardea-source'])), `${name}: ${target['cardea-source']} is not there`)
    const names = node(
      '--input-type=module',
      '-e',
      `console.log(Object.keys(await import('${name}')).join(' '))`,
    ).trim()
    assert.notEqual(names, '', `${name} exports nothing`)
    console.log(`${name}: ${names}`)
  }

  // As a front end compiles it: types of the DOM and none of Node, every declaration looked at.
  writeFileSync(join(project, 'page.ts'), page)
  const options = '--noEmit --strict --target es2022 --module esnext --moduleResolution bundler --lib es2022,dom'.split(
    ' ',
  )
  node(join(root, 'node_modules/typescript/bin/tsc'), ...options, '--types', '', 'page.ts')

  const help = node(join(home, manifest.bin.cardea), '--help')
  assert.match(help, /cardea/)
  assert.ok(existsSync(join(project, 'node_modules', '.bin', 'cardea')), 'npm made no link to the command')
  console.log(`${packed.filename}: ${files.length} files, ${Math.round(packed.unpackedSize / 1024)} KiB, works`)
} finally {
  for (const folder of [scratch, project]) rmSync(folder, { recursive: true, force: true })
}

function node(...args) {
  return execFileSync(process.execPath, args, { cwd: project, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] })
}

function npm(cwd, ...args) {
  const options = { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'], shell: process.platform === 'win32' }
  return execFileSync('npm', [...args, '--loglevel=error'], options)
}
