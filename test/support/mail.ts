import assert from 'node:assert/strict'
import type { TestCore } from './core.ts'

/** The link of the newest mail for a purpose, once all mails have left. */
export async function linkOf(
  { core, mails }: Pick<TestCore, 'core' | 'mails'>,
  purpose: string,
): Promise<{ readonly url: string; readonly token: string }> {
  await core.idle()
  for (const { text } of mails.toReversed()) {
    const [url, token] = new RegExp(`https?://\\S+/auth/page/${purpose}#token=(\\S+)`).exec(text) ?? []
    if (url !== undefined && token !== undefined) return { url, token }
  }
  assert.fail(`no mail for ${purpose} among ${mails.length}`)
}
