import { create } from 'qrcode'

/** Light modules around the symbol (ISO/IEC 18004, section 5.3.8). */
const quietZone = 4

/**
 * The text as a QR symbol in SVG: one path in `currentColor`, a `viewBox` and nothing else, so that it can stand in a
 * page under any content policy. The page must show it dark on light. TypeError over 1000 characters.
 */
export async function qrSvg(text: string): Promise<string> {
  if (text.length > 1000) throw new TypeError('qr: the text is too long')
  const { size, data } = create(text, { errorCorrectionLevel: 'M' }).modules
  let path = ''
  for (let row = 0; row < size; row += 1) {
    for (let column = 0; column < size; column += 1) {
      if (!data[row * size + column]) continue
      const start = column
      while (column + 1 < size && data[row * size + column + 1]) column += 1
      const width = column + 1 - start
      path += `M${start + quietZone} ${row + quietZone}h${width}v1h-${width}z`
    }
  }
  const side = size + 2 * quietZone
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${side} ${side}" role="img" aria-label="QR code" ` +
    `shape-rendering="crispEdges"><path fill="currentColor" d="${path}"/></svg>`
  )
}
