/** What a quoted name cannot hold as it is, and `%`, which some clients decode. */
const unquotable = /[^\x20-\x7E]|["\\%]/g

/**
 * `inline` with the name that a browser proposes for saving (RFC 6266), in plain ASCII and in full. No character of the
 * name can end the header, the quotes or the folder that it is saved in.
 */
export function inlineAs(name: string): string {
  const safe = name.toWellFormed().replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}/\\]/gu, '_')
  const plain = safe.replace(unquotable, '_')
  if (plain === safe) return `inline; filename="${plain}"`
  // RFC 5987, section 3.2.1: these are no attr-char, and the function leaves them as they are.
  const full = encodeURIComponent(safe).replace(
    /['()*]/g,
    (each) => `%${each.charCodeAt(0).toString(16).toUpperCase()}`,
  )
  return `inline; filename="${plain}"; filename*=UTF-8''${full}`
}
