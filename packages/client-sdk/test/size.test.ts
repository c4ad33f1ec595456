import { expect, test } from 'vitest'
import { bundle } from './support/bundle.ts'

const LIMIT_BYTES = 15_000

test(`minified for browsers it is under ${LIMIT_BYTES} bytes, and imports nothing`, async () => {
  const { code, imports } = await bundle()
  expect(imports).toEqual([])
  expect(Buffer.byteLength(code)).toBeLessThan(LIMIT_BYTES)
  expect(code).not.toMatch(/zod|node:/)
})
