import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder } from '@castellan/testing'
import { expect, it } from 'vitest'
import { sealFile } from '../../src/models/verity.ts'

function fsverity(script: string): { folder: string; model: string } {
  const folder = temporaryFolder()
  const model = join(folder, 'model.gguf')
  writeFileSync(model, 'weights')
  writeFileSync(join(folder, 'fsverity'), `#!/bin/sh\n${script}\n`, { mode: 0o755 })
  return { folder, model }
}

it('a model is handed to the kernel where fsverity is there and does it', async () => {
  const { folder, model } = fsverity('echo "$@" > "$(dirname "$2")/asked"')
  expect(await sealFile(model, [folder])).toMatchObject({ stage: 'seal', result: 'passed' })
  expect(readFileSync(join(folder, 'asked'), 'utf8')).toBe(`enable ${model}\n`)
})

it('a model is kept without where it is not, and the registry says so', async () => {
  const { folder, model } = fsverity('exit 1')
  expect(await sealFile(model, [folder])).toMatchObject({
    result: 'skipped',
    summary: expect.stringContaining('no fs-verity'),
  })
  expect(await sealFile(model, [])).toMatchObject({
    result: 'skipped',
    summary: expect.stringContaining('not installed'),
  })
})
