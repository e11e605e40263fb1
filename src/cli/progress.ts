import type { Io } from './output.ts'

export interface Progress {
  show(done: number): void
  /** Leaves the line empty for what is said next. */
  end(): void
}

const cells = 30
const silent: Progress = { show() {}, end() {} }

/** A bar on standard error, where that is a terminal and nobody asked for JSON; redrawn only when it looks different. */
export function createProgress({ stderr }: Io, isQuiet: boolean, what: string, total: number): Progress {
  if (isQuiet || !stderr.isTTY || total === 0) return silent
  let drawn = ''
  return {
    show(done) {
      const share = Math.min(1, done / total)
      const full = Math.round(share * cells)
      const line = `${what} [${'#'.repeat(full)}${'.'.repeat(cells - full)}] ${Math.floor(share * 100)} %`
      if (line === drawn) return
      drawn = line
      stderr.write(`\r${line}`)
    },
    end() {
      if (drawn !== '') stderr.write(`\r${' '.repeat(drawn.length)}\r`)
      drawn = ''
    },
  }
}
