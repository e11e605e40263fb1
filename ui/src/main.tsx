import '@mantine/core/styles.css'
import './styles.css'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { App } from './app.tsx'
import { nonce } from './facts.ts'

// Where a library writes styles by itself, this is the name under which it looks for the nonce.
if (nonce !== '') Reflect.set(globalThis, '__webpack_nonce__', nonce)

const root = document.getElementById('root')
if (root === null) throw new TypeError('the page has no root')
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
)
