import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder } from '@castellan/testing'
import { expect, it } from 'vitest'
import { fileDigest } from '../src/digest.ts'

it('the digest of a file is its SHA-256', async () => {
  const path = join(temporaryFolder(), 'abc')
  writeFileSync(path, 'abc')
  // The example of FIPS 180-2, appendix B.1.
  expect(await fileDigest(path)).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
})
