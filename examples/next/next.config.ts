import { join } from 'node:path'
import type { NextConfig } from 'next'

const config: NextConfig = {
  // Only because this example lives inside the project that it uses.
  turbopack: { root: join(import.meta.dirname, '../..') },
}

export default config
