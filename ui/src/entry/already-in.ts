import { useEffect, useRef } from 'react'
import { useMeQuery } from '../api/me.ts'

const mark = 'cardea-sent-back'
/** Who comes here again so soon was not let in there: then the form has to be shown. */
const soonMillis = 10_000

/** Whether this page sent somebody to `target` a moment ago. */
function wasSentTo(target: string): boolean {
  const [when = '0', where] = (sessionStorage.getItem(mark) ?? '').split(' ', 2)
  return where === target && Date.now() - Number(when) < soonMillis
}

/**
 * Whoever is signed in already goes on at once. A guard in front of another service may have sent them here although they
 * are: their browser keeps the cookie back where a link elsewhere was followed.
 */
export function useAlreadyIn(target: string, go: () => void): { readonly cancel: () => void } {
  const { data: me } = useMeQuery()
  const waiting = useRef(true)
  useEffect(() => {
    if (me === undefined || !waiting.current) return
    waiting.current = false
    if (me === null || wasSentTo(target)) return
    sessionStorage.setItem(mark, `${Date.now()} ${target}`)
    go()
  })
  return {
    cancel: () => {
      waiting.current = false
    },
  }
}
