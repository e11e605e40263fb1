/** Codings that files are kept in beside their plain form, best first. */
export const codings = ['br', 'gzip'] as const
export type Coding = (typeof codings)[number]

/** RFC 9110, section 12.5.3: the best of `offered` that the caller takes; null: none, send it plain. */
export function preferredCoding(accepted: string | null, offered: readonly Coding[]): Coding | null {
  if (accepted === null || accepted.length > 1000) return null
  const weights = new Map<string, number>()
  for (const part of accepted.split(',')) {
    const [name = '', ...params] = part.split(';').map((each) => each.trim().toLowerCase())
    const q = params.find((param) => param.startsWith('q='))?.slice(2)
    // What cannot be read weighs nothing.
    weights.set(name, q === undefined ? 1 : /^(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/.test(q) ? Number(q) : 0)
  }
  const weightOf = (coding: Coding): number => weights.get(coding) ?? weights.get('*') ?? 0
  let best: Coding | null = null
  for (const coding of offered) if (weightOf(coding) > (best === null ? 0 : weightOf(best))) best = coding
  return best
}
