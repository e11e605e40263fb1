/** How to call this API, and the button that tries it. */
export const calls = {
  title: 'How to call this API',
  intro: 'Every way to authenticate that is on at this server, with lines that work as they are pasted.',
  language: 'Language',
  languages: { curl: 'curl', javascript: 'JavaScript', python: 'Python', httpie: 'HTTPie' },
  notes: {
    curl: 'For a POSIX shell. Set the variables first, as in: export ACCESS_TOKEN=…',
    javascript: 'An ES module for Node 18 or newer; nothing to install. Variables come from the environment.',
    python: 'For Python 3.10 or newer; nothing to install. Variables come from the environment.',
    httpie: 'For a POSIX shell with HTTPie 3. Set the variables first, as in: export ACCESS_TOKEN=…',
  },
  obtain: 'Get it',
  call: 'Call with it',
  onlyCurl: 'This one is shown for curl only.',
  read: 'Read more',
  swagger: 'Try every call in Swagger UI',
  redoc: 'The reference in Redoc',
  help: 'The same as a page without scripts',
  native: 'This server’s own API',
  others: 'Other contracts it speaks',
} as const

export const tryIt = {
  button: 'Try it',
  title: 'Try it',
  cookie: 'Calls /auth/me from this page, with the session that you are signed in by.',
  made: (name: string) => `Calls /auth/me from this page, with “${name}”, which you made just now.`,
  make: 'Make one first: it is shown once, and can be tried right then.',
  makeToken: 'Make a private token',
  makeKey: 'Make an API key',
  answered: (status: number) => `The server answered ${status}:`,
  reuse: 'This try used the credential itself, not your session.',
} as const
