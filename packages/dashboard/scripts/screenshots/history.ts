import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { strings } from '../../src/strings.ts'
import type { WholeCastellan } from '../../test/support/whole.ts'

const CONFIG = `server {
  listen 443 ssl;
  server_name example.org;
  client_max_body_size 1m;
}
`

/** Has things asked, written, taken back, watched and reported, as in the life of a small server. A question waits at the end. */
export async function makeHistory(page: Page, castellan: WholeCastellan): Promise<void> {
  const { call, workspace } = castellan
  writeFileSync(join(workspace, 'nginx.conf'), CONFIG)
  await call('routine_add', {
    ...{ name: 'nightly-report', description: 'What happened today, written down.', cron: '30 2 * * *' },
    calls: [
      { tool: 'system_health', args: {} },
      { tool: 'disk_usage', args: {} },
    ],
  })
  await call('watcher_add', {
    ...{ name: 'root-disk', description: 'The disk of the system fills up.', everySeconds: 300 },
    check: { kind: 'disk', path: '/', abovePercent: 90 },
  })
  await call('memory_store', {
    text: 'Backups go to the second disk, at half past two in the night.',
    source: 'the owner said so',
  })
  await call('incident_create', {
    subject: 'backup of /srv',
    summary: 'The backup of last night took 41 minutes, twice as long as the nights before.',
  })

  await ask(page, 'how is my memory?')
  await ask(page, 'write "backups at midnight" to backups.txt')
  await answer(page, 'file_write')
  await page.getByRole('article', { name: 'file_write, Done' }).last().getByRole('button', { name: 'Undo' }).click()
  await answer(page, 'file_write')
  await page.getByText(strings.tool.undone).waitFor()
  await ask(page, 'write "backups at half past two, kept for 7 days" to backups.txt')
  await answer(page, 'file_write')
  await ask(page, 'how full are my disks?')
  await page.getByRole('article', { name: 'disk_usage, Done' }).last().waitFor()
  await ask(page, 'in nginx.conf change 1m to 32m')
  await page.getByRole('region', { name: strings.approval.title }).waitFor()
}

async function ask(page: Page, text: string): Promise<void> {
  await page.locator('.status-line .spinner').waitFor({ state: 'detached' })
  await page.getByRole('textbox', { name: 'Message' }).fill(text)
  await page.locator('.send:enabled').waitFor()
  await page.keyboard.press('Enter')
  await page.locator('.asked').getByText(text).last().waitFor()
}

/** Says yes to the question that comes, with this browser's key. */
async function answer(page: Page, tool: string): Promise<void> {
  const question = page.getByRole('region', { name: strings.approval.title })
  await question.getByRole('button', { name: /Approve once/ }).click()
  await page
    .getByRole('article', { name: `${tool}, Done` })
    .last()
    .waitFor()
}
