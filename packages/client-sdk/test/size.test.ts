import { fileURLToPath } from 'node:url'
import { build } from 'vite'
import { expect, test } from 'vitest'

const LIMIT_BYTES = 15_000

test(`minified for browsers it is under ${LIMIT_BYTES} bytes, and imports nothing`, async () => {
  const result = await build({
    configFile: false,
    logLevel: 'silent',
    build: {
      write: false,
      rolldownOptions: {
        input: fileURLToPath(new URL('../src/index.ts', import.meta.url)),
        preserveEntrySignatures: 'strict',
        output: { format: 'es', minify: true },
      },
      modulePreload: false,
    },
  })
  if (!('output' in result)) throw new Error('there is more than one build')
  const [bundle, ...rest] = result.output
  expect(rest).toEqual([])
  expect(bundle.imports).toEqual([])
  expect(Buffer.byteLength(bundle.code)).toBeLessThan(LIMIT_BYTES)
  expect(bundle.code).not.toMatch(/zod|node:/)
})
