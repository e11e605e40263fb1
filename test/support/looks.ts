import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { AxeResults } from 'axe-core'
import type { Page } from 'playwright-core'
import { keepPicture, type Visit } from './console.ts'

/* Whether a page can be used by everybody, as far as a program can tell. */

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']

/** What axe finds wrong with the page, in words. `rules`: only these. */
export async function findings(page: Page, rules?: readonly string[]): Promise<readonly string[]> {
  const only = rules === undefined ? { type: 'tag', values: tags } : { type: 'rule', values: rules }
  const wish = JSON.stringify({ runOnly: only, resultTypes: ['violations'] })
  if (!(await page.evaluate('"axe" in globalThis'))) await page.evaluate(axe)
  const results: AxeResults = await page.evaluate(`axe.run(document, ${wish})`)
  return results.violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`),
  )
}

/** What reaches out of the page, where it can be scrolled sideways. */
const wide = `document.documentElement.scrollWidth <= innerWidth ? [] : Array.from(document.querySelectorAll('body *'))
  .filter((each) => each.getBoundingClientRect().right > innerWidth).map((each) => each.outerHTML.slice(0, 300))`

/** In light, in dark and where it is narrow. What does not depend on colours is looked at once. */
export async function lookAt({ page }: Visit, name: string): Promise<void> {
  assert.deepEqual(await findings(page), [], `${name}, light`)
  await keepPicture(page, `${name}-light`)
  await page.emulateMedia({ colorScheme: 'dark' })
  await page.locator('html[data-mantine-color-scheme=dark]').waitFor()
  assert.deepEqual(await findings(page, ['color-contrast']), [], `${name}, dark`)
  await page.setViewportSize({ width: 360, height: 740 })
  assert.deepEqual(await page.evaluate(wide), [], `${name} is wider than 360 px`)
  await keepPicture(page, `${name}-dark-360`)
  await page.setViewportSize({ width: 1280, height: 900 })
  await page.emulateMedia({ colorScheme: 'light' })
  await page.locator('html[data-mantine-color-scheme=light]').waitFor()
}
