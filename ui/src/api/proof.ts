/*
 * Changes of credentials need a proof of who is there that is not old. Where the session's is, the server says so; one
 * dialog then asks, and the call is made again. Pages need not know.
 */

/** Asks the person to prove who they are. False: they would rather not. */
export type Prover = () => Promise<boolean>

let prover: Prover | null = null
let asking: Promise<boolean> | null = null

/** The dialog says that it is there. Answers how to say that it is gone. */
export function registerProver(next: Prover): () => void {
  prover = next
  return () => {
    if (prover === next) prover = null
  }
}

/** One dialog, however many calls wait for it. */
export function askForProof(): Promise<boolean> {
  if (prover === null) return Promise.resolve(false)
  asking ??= prover().finally(() => {
    asking = null
  })
  return asking
}
