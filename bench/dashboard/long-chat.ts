import type { Browser, Page } from 'playwright-core'
import type { Castellan } from '../../packages/dashboard/test/support/castellan.ts'
import { say } from '../../packages/dashboard/test/support/engine.ts'
import type { Report } from '../../scripts/bench/report.ts'
import { clearProbe, type Frames, framesOf, paints, startProbe } from './probe.ts'
import { cold, quantile, signIn } from './visit.ts'

const TURNS = 50
/** A token is about four characters of English. */
const CHARACTERS = 50_000 * 4
const SCROLLS = 150

const PARAGRAPH =
  'The **disk** `/dev/sda1` is at 74 %, and *nothing* on it grew by more than [a gigabyte](https://example.org/disks) since ' +
  'yesterday: backups take most of it, then the journal, then what the containers left behind.\n\n'
const BLOCKS =
  '```sh\ndf --human-readable --output=source,size,used\n```\n\n| disk | full |\n|---|---|\n| / | 74 % |\n| /home | 12 % |\n\n- one\n- two\n\n'

/** Scrolling through, and typing under, a chat of 50,000 tokens; beside the same words as plain text in the same browser. */
export async function reportLongChat(browser: Browser, castellan: Castellan, report: Report): Promise<void> {
  await talk(castellan)
  const { page, context } = await cold(browser, await signIn(browser, castellan))
  await page.goto(castellan.url)
  await page.getByText('Ready', { exact: true }).waitFor()
  await page
    .locator('.asked')
    .nth(TURNS - 1)
    .waitFor({ state: 'attached' })
  await startProbe(page)
  const ours = await scrolling(page)
  await clearProbe(page)
  await page.getByRole('textbox', { name: 'Message' }).focus()
  const sentence = 'how full are the disks on this machine, and what changed since yesterday?'
  for (const key of sentence) await page.keyboard.press(key)
  const typed = await paints(page, sentence.length)

  const plain = await context.newPage()
  await plain.setContent(
    `<style>body{margin:0;font:16px sans-serif}p{width:45rem;margin:1em auto}</style>${`<p>${PARAGRAPH}</p>`.repeat(CHARACTERS / PARAGRAPH.length)}`,
  )
  await startProbe(plain)
  await plain.bringToFront()
  const theirs = await scrolling(plain)

  const share = (name: string, ms: number, goal?: string) => {
    const [value, baseline] = [ours.over(ms) * 100, theirs.over(ms) * 100]
    report({
      name: `frames above ${name} while a chat of 50,000 tokens scrolls`,
      value,
      unit: '%',
      baseline,
      ...(goal === undefined ? {} : { goal }),
    })
  }
  // A frame at 60 Hz is 16.7 ms; what the clock rounds away is not late.
  share('17 ms', 17.5)
  share('33 ms', 33.5, 'at most 2 %')
  report({ name: 'longest frame while it scrolls', value: ours.worst, unit: 'ms', baseline: theirs.worst })
  report({
    name: 'in tasks above 50 ms while it scrolls',
    value: ours.longTasks,
    unit: 'ms',
    baseline: theirs.longTasks,
  })
  report({
    name: 'a key to the next paint under it, 98th percentile',
    value: quantile(typed, 0.98),
    unit: 'ms',
    goal: 'under 200 ms',
  })
  await context.close()
}

async function talk(castellan: Castellan): Promise<void> {
  const length = CHARACTERS / TURNS
  const answer = `${BLOCKS}${PARAGRAPH.repeat(Math.ceil(length / PARAGRAPH.length))}`.slice(0, length)
  castellan.engine.answer = () => say(...(answer.match(/[\s\S]{1,200}/g) ?? []))
  await castellan.emptyChat()
  for (let turn = 0; turn < TURNS; turn += 1) {
    await castellan.api('POST', '/api/v1/chats/main/turns', { text: `How is disk ${turn}?` })
  }
}

/** From the end to the beginning and back, by the wheel. */
async function scrolling(page: Page): Promise<Frames> {
  await page.mouse.move(640, 300)
  await clearProbe(page)
  for (let turn = 0; turn < 2 * SCROLLS; turn += 1) await page.mouse.wheel(0, turn < SCROLLS ? -700 : 700)
  return framesOf(page)
}
