import { type ReactNode, useEffect, useRef } from 'react'
import { acting } from '../api/acting.ts'
import { ClientError } from '../api/client.ts'
import { Cancelled } from '../api/session.ts'
import { actingRefused, problems } from '../texts/common.ts'

export interface NoticeProps {
  readonly kind: 'good' | 'warn' | 'bad'
  readonly title: string
  readonly children?: ReactNode
}

/** Something to be noticed. Failures are spoken at once. */
export function Notice({ kind, title, children }: NoticeProps) {
  return (
    <div className="notice" data-kind={kind} role={kind === 'bad' ? 'alert' : 'status'}>
      <div className="notice-title">{title}</div>
      {children}
    </div>
  )
}

export interface ProblemText {
  readonly title: string
  readonly lines: readonly string[]
}

/** Words for a code of a problem, where this page can say more than `problems` does. */
export type ProblemWords = Readonly<Record<string, { readonly title: string; readonly help?: string }>>

/** What to tell a person of a failure, or null when there is nothing to tell. */
export function problemText(error: unknown, words: ProblemWords = {}): ProblemText | null {
  if (error === null || error === undefined || error instanceof Cancelled) return null
  if (!(error instanceof ClientError)) return { title: problems.internal?.title ?? '', lines: [String(error)] }
  const known =
    acting !== null && error.code === 'beyond_own_rights' ? actingRefused : (words[error.code] ?? problems[error.code])
  const wait = error.code === 'rate_limited' ? error.retryAfter : null
  const lines = [
    ...(typeof error.problem.reason === 'string' ? [error.problem.reason] : []),
    ...error.fields.map(({ field, message }) => `${field}: ${message}`),
    ...(known?.help !== undefined ? [known.help] : error.detail !== null && known === undefined ? [error.detail] : []),
    ...(wait === null ? [] : [waitText(wait)]),
  ]
  return { title: known?.title ?? error.message, lines }
}

function waitText(seconds: number): string {
  const minutes = Math.ceil(seconds / 60)
  return seconds < 90 ? `Try again in ${seconds} seconds.` : `Try again in ${minutes} minutes.`
}

/** A failure in words. It takes the focus when it appears, so that it is neither overlooked nor unheard. */
export function Problem({ error, words }: { readonly error: unknown; readonly words?: ProblemWords | undefined }) {
  const box = useRef<HTMLDivElement>(null)
  const text = problemText(error, words)
  // biome-ignore lint/correctness/useExhaustiveDependencies: each new failure is looked at anew
  useEffect(() => box.current?.focus(), [error])
  if (text === null) return null
  return (
    <div ref={box} tabIndex={-1} className="notice" data-kind="bad" role="alert">
      <div className="notice-title">{text.title}</div>
      {text.lines.map((line) => (
        <div key={line}>{line}</div>
      ))}
    </div>
  )
}
