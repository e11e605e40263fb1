import assert from 'node:assert/strict'
import { test } from 'node:test'
import { create } from 'qrcode'
import { qrSvg } from '../../src/crypto/qr.ts'

const text = 'otpauth://totp/Cardea:alice?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Cardea'

test('the picture shows exactly the modules of the symbol, with a quiet zone of four', async () => {
  const svg = await qrSvg(text)
  const { size, data } = create(text, { errorCorrectionLevel: 'M' }).modules
  const drawn = new Set<string>()
  for (const [, x, y, width, back] of svg.matchAll(/M(\d+) (\d+)h(\d+)v1h-(\d+)z/g)) {
    assert.equal(width, back)
    for (let column = 0; column < Number(width); column += 1) drawn.add(`${Number(x) + column - 4},${Number(y) - 4}`)
  }
  const dark = new Set<string>()
  for (let at = 0; at < size * size; at += 1) if (data[at]) dark.add(`${at % size},${Math.floor(at / size)}`)
  assert.ok(dark.size > 100)
  assert.deepEqual(drawn, dark)
  assert.ok(svg.includes(`viewBox="0 0 ${size + 8} ${size + 8}"`))
})

test('the picture has the colour of the text around it and nothing that runs or loads', async () => {
  const svg = await qrSvg(text)
  assert.match(svg, /^<svg [^<>]*><path fill="currentColor" d="[Mhvz0-9 -]+"\/><\/svg>$/)
  assert.doesNotMatch(svg, /script|href|url\(|style|\son/i)
  assert.ok(!svg.includes('GEZDGNBV'))
})

test('what is written in it cannot get into the markup', async () => {
  const svg = await qrSvg('"/><script>alert(1)</script>')
  assert.match(svg, /^<svg [^<>]*><path [^<>]*\/><\/svg>$/)
})

test('a text beyond a thousand characters is refused', async () => {
  await assert.rejects(qrSvg('x'.repeat(1001)), TypeError)
  assert.ok(await qrSvg('x'.repeat(1000)))
})
