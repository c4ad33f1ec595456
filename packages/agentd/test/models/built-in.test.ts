import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder } from '@castellan/testing'
import { expect, it } from 'vitest'
import { builtInModel, builtInPath } from '../../src/models/built-in.ts'

it('the digest that is shipped is that of the built-in model', async () => {
  const digest = createHash('sha256').update(readFileSync(builtInPath())).digest('hex')
  const make =
    'after training: cd models/interpreter && sha256sum castellan-interpreter.gguf > castellan-interpreter.gguf.sha256'
  expect((await builtInModel()).sha256, make).toBe(digest)
})

it('a built-in model without its digest is not trusted', async () => {
  const path = join(temporaryFolder(), 'model.gguf')
  writeFileSync(path, readFileSync(builtInPath()))
  await expect(builtInModel(path)).rejects.toMatchObject({ code: 'model_invalid' })
  writeFileSync(`${path}.sha256`, 'not a digest')
  await expect(builtInModel(path)).rejects.toMatchObject({ code: 'model_invalid' })
})
