/** One thing that is wrong with the settings. Holds no value of a secret setting. */
export interface Problem {
  /** Dotted path of the setting, or the name that was written where no such setting exists. */
  readonly setting: string
  /** Where the value came from: `CARDEA_PORT`, `cardea.config.ts`, `--port`, `default`. */
  readonly from: string
  /** What was wrong and what is right. */
  readonly message: string
}

/** The settings cannot be used. Lists everything that is wrong at once. */
export class ConfigError extends Error {
  readonly problems: readonly Problem[]

  constructor(problems: readonly Problem[]) {
    super(problems.map(({ setting, from, message }) => `${setting} (${from}): ${message}`).join('\n'))
    this.name = 'ConfigError'
    this.problems = problems
  }
}
