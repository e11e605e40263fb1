/** How the two engines spell what a migration needs. */
export interface Dialect {
  readonly engine: 'sqlite' | 'postgres'
  /** A number that is never given out twice, not even after its row is gone. */
  readonly serial: string
  /** 64 bits. */
  readonly int: string
  /** Text that is compared byte by byte, the same in every locale. */
  readonly bytes: string
  /** JSON that expressions look into. */
  readonly json: string
  /** Ends a `create table`. */
  table(statement: string): string
}

export interface Migration {
  /** Recorded when applied; also the order. Never changed once released. */
  readonly name: string
  statements(dialect: Dialect): readonly string[]
}

export const dialects: Readonly<Record<'sqlite' | 'postgres', Dialect>> = {
  sqlite: {
    engine: 'sqlite',
    serial: 'integer primary key autoincrement',
    int: 'integer',
    bytes: 'text',
    json: 'text',
    table: (statement) => `${statement} strict`,
  },
  postgres: {
    engine: 'postgres',
    serial: 'bigint generated always as identity primary key',
    int: 'bigint',
    bytes: 'text collate "C"',
    json: 'jsonb',
    table: (statement) => statement,
  },
}
