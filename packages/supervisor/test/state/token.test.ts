import { chmodSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder } from '@castellan/testing'
import { expect, test } from 'vitest'
import { ensureToken } from '../../src/state/token.ts'

test('a token has 256 random bits, is for its owner only, and stays', () => {
  const file = join(temporaryFolder(), 'token')
  ensureToken(file)
  const token = readFileSync(file, 'utf8')
  expect(token).toMatch(/^cst_[A-Za-z0-9_-]{43}\n$/)
  expect(statSync(file).mode & 0o777).toBe(0o600)
  ensureToken(file)
  expect(readFileSync(file, 'utf8')).toBe(token)
})

test('a token others may read is refused rather than quietly closed', () => {
  const file = join(temporaryFolder(), 'token')
  ensureToken(file)
  chmodSync(file, 0o644)
  expect(() => ensureToken(file)).toThrow(expect.objectContaining({ code: 'config_invalid' }))
})

test('what is no token, or a link to somewhere else, is refused', () => {
  const folder = temporaryFolder()
  const file = join(folder, 'token')
  writeFileSync(file, 'short', { mode: 0o600 })
  expect(() => ensureToken(file)).toThrow(/does not hold a token/)
  const link = join(folder, 'link')
  symlinkSync(file, link)
  expect(() => ensureToken(link)).toThrow(/ELOOP/)
})
