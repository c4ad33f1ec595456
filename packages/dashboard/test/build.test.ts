import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { temporaryFolder } from '@castellan/testing'
import { expect, test } from 'vitest'
import { buildPage } from './support/build.ts'

test('the built page is small, named after its content, and has nothing inline', async () => {
  const outDir = temporaryFolder()
  await buildPage(outDir)
  const assets = readdirSync(join(outDir, 'assets'))
  const kinds = assets.map((name) => /-[\w-]{8}(\.(?:css|js))$/.exec(name)?.[1])
  expect(kinds.toSorted()).toEqual(['.css', '.js'])
  const script = readFileSync(join(outDir, 'assets', assets.find((name) => name.endsWith('.js')) as string))
  expect(gzipSync(script).length).toBeLessThan(60_000)

  const html = readFileSync(join(outDir, 'index.html'), 'utf8')
  expect(html).not.toMatch(/<style|\sstyle=|\son\w+=|javascript:/i)
  expect(html.match(/<script[^>]*>[^<]*/g)).toEqual([
    expect.stringMatching(/^<script type="module" blocking="render" crossorigin src="\/assets\/[^"]+">$/),
  ])
  // Everything comes from the gateway itself.
  expect(html + script.toString()).not.toMatch(/(?:src|href)=["']?(?:https?:)?\/\//)
})
