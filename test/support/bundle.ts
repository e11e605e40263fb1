import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'rolldown'

const root = fileURLToPath(new URL('../..', import.meta.url))

export interface Bundle {
  readonly code: string
  /** The files in it, relative to the project. */
  readonly files: readonly string[]
  /** What it imports when it runs, such as parts of Node. */
  readonly imports: readonly string[]
}

/** An entry point with all that it imports, as a page gets it: one minified module. */
export async function bundleForBrowser(entry: string): Promise<Bundle> {
  const { output } = await build({
    input: `${root}${entry}`,
    platform: 'browser',
    write: false,
    logLevel: 'silent',
    output: { format: 'esm', minify: true },
  })
  const [{ code, moduleIds, imports }] = output
  return { code, imports, files: moduleIds.map((id) => relative(root, id).replaceAll('\\', '/')) }
}
