import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { AxeResults } from 'axe-core'
import type { Page } from 'playwright-core'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** What axe finds, each as one line. */
export async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe)
  const results = (await page.evaluate('axe.run(document, { resultTypes: ["violations"] })')) as AxeResults
  return results.violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`),
  )
}

/** What sticks out of the page to the right, and panes that scroll sideways. */
export async function tooWide(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const panes = [document.documentElement, ...document.querySelectorAll('.transcript, .chat, .dock, .frame, .stage')]
    const wider = panes.filter((pane) => pane.scrollWidth > pane.clientWidth)
    const outside = [
      ...document.querySelectorAll('button, .card, .asked, .markdown > *, textarea, input, .panel'),
    ].filter((element) => element.getBoundingClientRect().right > innerWidth + 0.5)
    return [...wider, ...outside].map(({ className, tagName }) => `${tagName}.${className}`)
  })
}
