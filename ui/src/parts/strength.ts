import { ZxcvbnFactory } from '@zxcvbn-ts/core'
import { adjacencyGraphs, dictionary } from '@zxcvbn-ts/language-common'

// A chunk of its own: the list of common passwords is larger than all the rest, and is loaded when one is chosen.
const meter = new ZxcvbnFactory({ dictionary, graphs: adjacencyGraphs })

/** 0 (guessed at once) to 4 (very good). `names`: what everybody knows of the person. Nothing leaves the browser. */
export function scoreOf(password: string, names: readonly string[]): 0 | 1 | 2 | 3 | 4 {
  return meter.check(password.slice(0, 100), [...names]).score
}
