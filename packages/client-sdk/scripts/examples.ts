/**
 * Puts the examples into the pages that show them: the code block after `<!-- example: NAME -->` is the file of that name in
 * examples/. With `--check` nothing is written: exits 1 where a page shows another text, which is what CI asks.
 */
import { readFile, writeFile } from 'node:fs/promises'

const root = new URL('../../../', import.meta.url)
const PAGES = ['README.md', 'docs/sdk.md', 'packages/client-sdk/README.md']

for (const page of PAGES) {
  const file = new URL(page, root)
  const before = await readFile(file, 'utf8')
  let after = before
  for (const [marked, name] of before.matchAll(/<!-- example: ([a-z-]+\.ts) -->\n```ts\n[\s\S]*?```/g)) {
    const code = await readFile(new URL(`packages/client-sdk/examples/${name}`, root), 'utf8')
    after = after.replace(marked, () => `<!-- example: ${name} -->\n\`\`\`ts\n${code}\`\`\``)
  }
  if (after === before) continue
  if (process.argv.includes('--check')) {
    console.error(
      `${page} shows other examples than packages/client-sdk/examples. Run packages/client-sdk/scripts/examples.ts.`,
    )
    process.exitCode = 1
  } else {
    await writeFile(file, after)
    console.log(`${page} written`)
  }
}
