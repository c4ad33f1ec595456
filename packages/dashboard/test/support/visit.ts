import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core'
import { onTestFinished } from 'vitest'
import type { Castellan } from './castellan.ts'

export interface Visit {
  readonly page: Page
  readonly context: BrowserContext
  /** Everything that went wrong in the page: errors, refused policies, and requests that left the gateway. */
  readonly complaints: string[]
  /** Types into the message box and sends it, as soon as the page listens. */
  ask(text: string): Promise<void>
}

/** A fresh browser profile, gone with the running test. */
export async function visit(
  browser: Browser,
  castellan: Pick<Castellan, 'url' | 'namedUrl'>,
  options: BrowserContextOptions = {},
): Promise<Visit> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options })
  context.setDefaultTimeout(90_000)
  onTestFinished(() => context.close())
  const complaints: string[] = []
  context.on('request', (request) => {
    const { origin } = new URL(request.url())
    if (origin !== castellan.url && origin !== castellan.namedUrl) complaints.push(`asked for ${request.url()}`)
  })
  const page = await context.newPage()
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('dialog', (dialog) => {
    complaints.push(`a dialog said ${dialog.message()}`)
    void dialog.dismiss()
  })
  page.on('console', (message) => {
    if (message.type() === 'error' && /Content Security Policy|Refused/i.test(message.text()))
      complaints.push(message.text())
  })
  return {
    page,
    context,
    complaints,
    async ask(text) {
      await page.getByRole('textbox', { name: 'Message' }).fill(text)
      // Enabled once the turn before is over.
      await page.locator('.send:enabled').waitFor()
      await page.keyboard.press('Enter')
    },
  }
}

/** A visit that has signed in with a code in the address. */
export async function signedIn(
  browser: Browser,
  castellan: Pick<Castellan, 'url' | 'namedUrl' | 'signInCode'>,
  options: BrowserContextOptions = {},
): Promise<Visit> {
  const guest = await visit(browser, castellan, options)
  await guest.page.goto(`${castellan.url}/#code=${await castellan.signInCode()}`)
  await guest.page.getByRole('textbox', { name: 'Message' }).waitFor()
  await guest.page.getByText('Ready', { exact: true }).waitFor()
  return guest
}
