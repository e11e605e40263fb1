// Writes src/client/schema.ts, the types of the client, from the OpenAPI document: `npm run client-types`.
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { renderClientTypes } from './client-schema.ts'

writeFileSync(fileURLToPath(new URL('../src/client/schema.ts', import.meta.url)), renderClientTypes())
