import { facts } from '../facts.ts'
import { client } from './client.ts'

/*
 * When something was done here last. All tabs share the mark: who works in one is not signed out by another. It outlives
 * the tabs, so that a browser that is opened again the next day does not go on where it was.
 */

const mark = 'cardea-last-active'

export function noteActivity(): void {
  localStorage.setItem(mark, String(Date.now()))
}

/** How long nothing may be done from now on, in seconds; 0 or less: it has been too long. */
export function idleSecondsLeft(): number {
  const last = localStorage.getItem(mark)
  return last === null ? facts.idle_seconds : facts.idle_seconds - (Date.now() - Number(last)) / 1000
}

client.onChange((user) => {
  if (user !== null) noteActivity()
})
