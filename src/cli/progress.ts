import type { Io } from './output.ts'

export interface Progress {
  show(state: { readonly done: number; readonly total: number }): void
  /** Takes the bar away. */
  end(): void
}

const width = 30

/** A bar on standard error for whoever watches it at a terminal; for programs and files nothing. */
export function createProgress({ stderr }: Io, isWanted: boolean): Progress {
  let shown = ''
  const write = (line: string) => {
    if (line === shown) return
    stderr.write(`\r${line.padEnd(shown.length)}`)
    shown = line
  }
  if (!isWanted || !stderr.isTTY) return { show() {}, end() {} }
  return {
    show({ done, total }) {
      const part = total === 0 ? 1 : done / total
      const bar = '#'.repeat(Math.round(part * width)).padEnd(width, '.')
      write(`[${bar}] ${String(Math.floor(part * 100)).padStart(3)} %  ${done} of ${total}`)
    },
    end() {
      write('')
      stderr.write('\r')
    },
  }
}
