/* Bare Argon2id: as many checks side by side as the server would run, and nothing else. */
import { hash, verify } from '@node-rs/argon2'
import { readWish, serveQuestions } from './processes.ts'

export interface Argon2Wish {
  readonly memoryKib: number
  readonly passes: number
  readonly lanes: number
  readonly parallel: number
}

const { memoryKib, passes, lanes, parallel } = readWish<Argon2Wish>()
const password = 'correct horse battery staple'
const stored = await hash(password, { memoryCost: memoryKib, timeCost: passes, parallelism: lanes, outputLen: 32 })

/** Checks a second over some seconds. */
async function measure(seconds: number): Promise<number> {
  const begun = performance.now()
  let done = 0
  const one = async () => {
    while (performance.now() < begun + seconds * 1000) {
      if (!(await verify(stored, password))) throw new Error('the password is right')
      done += 1
    }
  }
  await Promise.all(Array.from({ length: parallel }, one))
  return (done * 1000) / (performance.now() - begun)
}

serveQuestions(
  'ready',
  (seconds) => measure(Number(seconds)),
  () => null,
)
