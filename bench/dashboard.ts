import { openBrowser } from '../packages/dashboard/test/support/browser.ts'
import { startCastellan } from '../packages/dashboard/test/support/castellan.ts'
import type { Report } from '../scripts/bench/report.ts'
import { reportFirstLoad } from './dashboard/first-load.ts'
import { reportLedger } from './dashboard/ledger.ts'
import { reportLongChat } from './dashboard/long-chat.ts'
import { reportSize } from './dashboard/size.ts'

export const title = 'Dashboard: first load, a ledger of 10,000 entries, a chat of 50,000 tokens, size of the script'

/** The built page in Debian's Chromium with the real gateway and agentd; only the model's words are made up. */
export async function run(report: Report): Promise<void> {
  const castellan = await startCastellan()
  const browser = await openBrowser()
  try {
    reportSize(castellan.pageFolder, report)
    await reportFirstLoad(browser, castellan, report)
    await reportLongChat(browser, castellan, report)
    await reportLedger(browser, castellan, report)
  } finally {
    await browser.close()
    await castellan.stop()
  }
}
