import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { OfflinePolicy } from '../../src/policy/offline.ts'

const page = readFileSync(new URL('../../../../docs/policy.md', import.meta.url), 'utf8')

function examples(language: string): string[] {
  return [...page.matchAll(new RegExp(`\`\`\`${language}\n([\\s\\S]*?)\`\`\``, 'g'))].map(([, text]) => text as string)
}

test('the rules and tests that docs/policy.md shows load and pass together', async () => {
  const parent = mkdtempSync(join(tmpdir(), 'cst-policy-docs-'))
  onTestFinished(() => rmSync(parent, { recursive: true, force: true }))
  const folder = join(parent, 'policy')
  mkdirSync(folder, { mode: 0o700 })
  for (const [language, ending] of [
    ['cedar', 'cedar'],
    ['json', 'test.json'],
  ] as const) {
    for (const [n, text] of examples(language).entries()) {
      writeFileSync(join(folder, `${n}.${ending}`), text, { mode: 0o600 })
    }
  }
  await using policy = await OfflinePolicy.open(folder)
  const results = await policy.test({ builtIn: false })
  expect(results.filter(({ ok }) => !ok)).toEqual([])
  expect(results).toHaveLength(3)
})
