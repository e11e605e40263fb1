/** The entries of administration in the menu: known before any of its pages is loaded. */
export const adminNav = {
  users: 'Users',
  services: 'Service users',
  credentials: 'Keys and tokens',
  events: 'Audit log',
  statistics: 'Sign-ins by day',
  signingKeys: 'Signing keys',
  pieces: 'Piece types',
  configuration: 'Configuration',
  health: 'Health',
} as const
