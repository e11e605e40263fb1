/**
 * Makes text from outside fit to be kept and shown in lists: control and format characters and lone surrogates go, and
 * it is cut to `max` characters.
 */
export function plainText(text: string, max: number): string {
  return [...text.toWellFormed().replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, '')].slice(0, max).join('')
}

/** True for names that users give to keys and tokens: 1 to 100 characters, none of them a control character. */
export function isPlainName(name: string): boolean {
  const length = [...name].length
  return (
    length >= 1 && length <= 100 && name.isWellFormed() && !/[\p{Cc}\u2028\u2029]/u.test(name) && name.trim() !== ''
  )
}
