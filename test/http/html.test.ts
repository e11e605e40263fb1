import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { escapeHtml, html, page, pagePolicy } from '../../src/http/html.ts'

test('text never becomes markup, in elements and in attributes', () => {
  const hostile = `"><script>alert('1')</script>&amp;`
  const { markup } = html`<p title="${hostile}">${hostile}</p>`
  assert.ok(!markup.includes('<script'))
  assert.equal(markup.split('"').length, 3)
  fc.assert(
    fc.property(fc.string(), (text) => !/[<>"']/.test(escapeHtml(text)) && html`${text}`.markup === escapeHtml(text)),
  )
})

test('markup that was made here is not escaped again', () => {
  assert.equal(
    html`<ul>${['<', 'b'].map((each) => html`<li>${each}</li>`)}</ul>`.markup,
    '<ul><li>&lt;</li><li>b</li></ul>',
  )
})

test('a page has no inline script and no inline style but the one that its policy names', () => {
  const text = page({ title: 'T', home: '/', body: html`<p>x</p>`, scripts: ['a.js'] })
  assert.deepEqual(text.match(/<script[^>]*>/g), ['<script src="a.js" defer>'])
  assert.ok(!/ on\w+=| style=/.test(text))
  assert.equal(text.match(/<style>/g)?.length, 1)
})

test('the policy of a page lets nothing in from elsewhere, and scripts only where it has some', () => {
  assert.ok(!/script|connect|unsafe|https?:|\*/.test(pagePolicy()))
  const withScripts = pagePolicy({ scripts: true })
  assert.match(withScripts, /script-src 'self'; connect-src 'self'/)
  assert.ok(!/unsafe|https?:|\*|blob/.test(withScripts))
  for (const policy of [pagePolicy(), withScripts, pagePolicy({ scripts: true, looseStyles: true, workers: true })]) {
    assert.match(policy, /^default-src 'none';.*base-uri 'none'; form-action 'none'; frame-ancestors 'none'$/)
    assert.ok(!/script-src[^;]*unsafe/.test(policy))
  }
})
