import type { Io } from './output.ts'

export interface Progress {
  show(state: { readonly done: number; readonly total: number }): void
  /** Takes the bar away. */
  end(): void
}

const width = 30

/**
 * A bar on standard error for whoever watches it at a terminal; for programs and files nothing. Redrawn only when it
 * looks different. `what` stands before it.
 */
export function createProgress({ stderr }: Io, isWanted: boolean, what = ''): Progress {
  let shown = ''
  const write = (line: string) => {
    if (line === shown) return
    stderr.write(`\r${line.padEnd(shown.length)}`)
    shown = line
  }
  let look = ''
  if (!isWanted || !stderr.isTTY) return { show() {}, end() {} }
  return {
    show({ done, total }) {
      const part = total === 0 ? 1 : done / total
      const bar = '#'.repeat(Math.round(part * width)).padEnd(width, '.')
      const next = `${what}[${bar}] ${String(Math.floor(part * 100)).padStart(3)} %`
      if (next === look) return
      look = next
      write(`${next}  ${done} of ${total}`)
    },
    end() {
      write('')
      stderr.write('\r')
    },
  }
}
