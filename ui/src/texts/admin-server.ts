import { language, plural } from './plural.ts'

const numbers = new Intl.NumberFormat(language)
const bytes = new Intl.NumberFormat(language, { style: 'unit', unit: 'megabyte', maximumFractionDigits: 0 })

/** Administration: the log, and the server itself. */
export const server = {
  number: (count: number) => numbers.format(count),

  events: {
    title: 'Audit log',
    intro: 'Who did what, when and from where. Newest first.',
    kind: 'What',
    when: 'When',
    credential: 'By means of',
    user: 'About',
    actor: 'By',
    anybody: 'anybody',
    userHelp: 'Begin to type a user name',
    address: 'Address',
    from: 'From',
    to: 'Up to',
    export: 'Export',
    exportCsv: 'As CSV',
    exportJson: 'As JSON Lines',
    exporting: 'The file is being made…',
    follow: 'Follow live',
    following: 'Live: new entries come by themselves.',
    waiting: 'Connecting…',
    lost: 'The connection was lost. Trying again…',
    full: 'Too many follow the log at the moment. Trying again…',
    empty: 'There is nothing in the log yet',
    emptyHelp: 'Sign-ins and changes will stand here.',
    by: (name: string) => `by ${name}`,
    system: 'the server',
    commandLine: 'the command line',
    gone: 'somebody who is gone',
    details: 'Details',
    session: 'Session',
    key: 'Key or token',
    door: 'API',
    client: 'With',
    data: 'Data',
  },
  statistics: {
    title: 'Sign-ins by day',
    intro: 'Counted from the audit log, in days of UTC.',
    range: 'Period',
    days: (count: number) => plural(count, { one: 'the last day', other: 'the last # days' }),
    successes: 'Good sign-ins',
    failures: 'Failed: name or password',
    factorFailures: 'Failed: second factor',
    limited: 'Limits hit',
    day: 'Day',
    total: (count: number) => `${numbers.format(count)} in all`,
    picture: (what: string, total: number, most: number) =>
      `${what}: ${numbers.format(total)} in all, at most ${numbers.format(most)} in a day. The numbers are in the table below.`,
    table: 'The numbers as a table',
    empty: 'Nobody has signed in during this time',
    emptyHelp: 'Choose a longer period.',
    kept: (days: number) =>
      `The log is kept for ${plural(days, { one: '# day', other: '# days' })}; what is older is not counted.`,
  },
  signingKeys: {
    title: 'Signing keys',
    intro:
      'What this server signs its tokens with. Keys change by themselves; the old one verifies until nothing that it signed is alive.',
    uses: { access: 'Access tokens', refresh: 'Refresh tokens', private: 'Private tokens' },
    useHelp: {
      access: 'Published, so that others can verify them.',
      refresh: 'Known to this server only.',
      private: 'Known to this server only.',
    },
    states: { next: 'waits', signing: 'signs', verifying: 'verifies', revoked: 'revoked' },
    age: 'made',
    next: 'Next change',
    verifiesUntil: 'verifies until',
    signsFrom: 'signs from',
    rotate: 'Rotate now',
    rotateTitle: 'Change the key now?',
    rotateText:
      'A new key signs from now on. Tokens that were signed with the old one stay good. Programs that keep the published keys for long may not know the new one at once.',
    prepare: 'Publish the next key',
    prepareText: 'The next key is published now and signs later, so that everybody knows it by then.',
    none: 'No key yet: the first token makes it.',
  },
  pieces: {
    title: 'Piece types',
    intro: 'What of a document everybody sees, beside the whole of it.',
    type: 'Type',
    empty: 'No piece types are declared',
    emptyHelp: 'They stand in the configuration under “pieces”; see “docs/pieces.md”.',
    fields: 'Fields',
    field: 'Field',
    kind: 'Kind',
    public: 'Public',
    yes: 'yes',
    partly: 'in part',
    no: 'no',
    hidden: 'Nobody without an account sees anything of this type.',
    guests: 'Everybody who is signed in sees whole documents.',
    rights: (view: string, edit: string, publish: string) =>
      `Seen by ${view}, edited by ${edit}, published by ${publish}.`,
    address: 'Address',
    sample: 'A document, seen by two',
    sampleHelp: 'The newest that is published.',
    member: 'Member',
    anonymous: 'What anybody sees',
    whole: 'What you see',
    blank: 'Nothing is published yet. This is what a new document looks like.',
    notSeen: 'Anybody sees nothing: for them it does not exist.',
    hiddenLine: 'not public',
  },
  configuration: {
    title: 'Configuration',
    intro:
      'The settings in force, for reading. They are changed in the configuration file or the environment, then the server is started again.',
    search: 'Search',
    searchHelp: 'Name or meaning',
    changed: 'Only what was set',
    general: 'The server',
    mode: 'Mode',
    strict: 'strict',
    development: 'development',
    file: 'File',
    noFile: 'none',
    relaxed: 'Looser than strict mode would have it',
    sources: { default: 'default', file: 'file', environment: 'environment', flag: 'command line' },
    secret: 'set, hidden',
    unset: 'not set',
    none: 'none',
    on: 'on',
    off: 'off',
    default: (text: string) => `Default: ${text}`,
    variable: 'Variable',
    /** Seconds in a larger unit, where that is exact. */
    duration: (seconds: number) =>
      seconds === 0
        ? null
        : seconds % 86_400 === 0
          ? plural(seconds / 86_400, { one: '# day', other: '# days' })
          : seconds % 3600 === 0
            ? plural(seconds / 3600, { one: '# hour', other: '# hours' })
            : seconds % 60 === 0
              ? plural(seconds / 60, { one: '# minute', other: '# minutes' })
              : null,
    found: (count: number) => plural(count, { one: '# setting', other: '# settings' }),
  },
  health: {
    title: 'Health',
    intro: 'How this server is. It looks again every 15 seconds.',
    good: 'All is well.',
    bad: 'Something needs you.',
    database: 'Database',
    databaseSilent: 'The database does not answer.',
    engines: { sqlite: 'SQLite', postgres: 'PostgreSQL' },
    migrations: (count: number, newest: string) =>
      `${plural(count, { one: '# migration', other: '# migrations' })}, newest ${newest}`,
    changes: 'Change feed',
    changesFresh: (seconds: number) =>
      `read ${plural(Math.round(seconds), { one: '# second', other: '# seconds' })} ago`,
    changesStale: 'It cannot be read: revocations of other nodes are heard late, and caches are bypassed.',
    mail: 'Mail',
    mailVia: { smtp: (host: string) => `through ${host}`, outbox: 'into files in the data folder' },
    mailSent: 'last sent',
    mailNever: 'none sent since the start',
    mailFailed: 'The last mail could not be sent.',
    suspended: (keys: number, tokens: number) =>
      `${plural(keys, { one: '# API key', other: '# API keys' })} and ${plural(tokens, { one: '# private token', other: '# private tokens' })} came back from a backup and are refused. Revoke those that you do not want, then run: npx --no cardea restore --confirm-keys`,
    jobFailed: (name: string) => `The scheduled work “${name}” failed. The log says why.`,
    server: 'Server',
    version: 'Version',
    runtime: 'Runtime',
    started: 'Started',
    memory: 'Memory',
    megabytes: (count: number) => bytes.format(count / 1_000_000),
    counts: 'How much there is',
    count: {
      active: 'Users, active',
      pending: 'Users, pending',
      disabled: 'Users, disabled',
      blocked: 'Users, blocked',
      services: 'Service users',
      sessions: 'Sessions',
      keys: 'API keys',
      tokens: 'Private tokens',
      documents: 'Documents',
      events: 'Audit events',
    },
    jobs: 'Scheduled work',
    every: (seconds: number) =>
      seconds % 3600 === 0
        ? plural(seconds / 3600, { one: 'every hour', other: 'every # hours' })
        : seconds % 60 === 0
          ? plural(seconds / 60, { one: 'every minute', other: 'every # minutes' })
          : plural(seconds, { one: 'every second', other: 'every # seconds' }),
    took: (millis: number) => `took ${numbers.format(millis)} ms`,
    running: 'running',
    failed: 'failed',
    notYet: 'not yet',
  },
} as const
