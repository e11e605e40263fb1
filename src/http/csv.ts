/** What a spreadsheet takes for the beginning of a formula, or skips before one. */
const formula = /^[\s\p{Cc}\p{Cf}]*[=+\-@＝＋－＠]/u

/**
 * One line of a CSV file (RFC 4180). Every cell is quoted; one that a spreadsheet would run as a formula gets an
 * apostrophe in front, as programs that open the file do with text.
 */
export function csvLine(cells: readonly (string | number | null)[]): string {
  return `${cells.map(cellOf).join(',')}\r\n`
}

function cellOf(value: string | number | null): string {
  const text = value === null ? '' : String(value)
  const safe = typeof value === 'string' && (formula.test(text) || /^[\t\r\n]/.test(text)) ? `'${text}` : text
  return `"${safe.replaceAll('"', '""')}"`
}
