import { copyFileSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { CastellanError } from '@castellan/contracts'
import { describe, expect, it } from 'vitest'
import { openMachine, toolByName } from '../support/machine.ts'

/** A real GGUF: the model that Castellan ships. */
const builtIn = fileURLToPath(new URL('../../../../models/interpreter/castellan-interpreter.gguf', import.meta.url))

interface Shown {
  readonly id: string
  readonly sha256: string
  readonly sizeBytes: number
  readonly pinned: boolean
}

async function machine() {
  const opened = await openMachine()
  copyFileSync(builtIn, join(opened.workspace, 'model.gguf'))
  const registry = join(opened.folder, 'models')
  const imported = async (args = {}) =>
    (await opened.call('model_import', { path: 'model.gguf', ...args })).output.model as Shown
  return { ...opened, registry, imported }
}

describe('an imported model', () => {
  it('is a copy that is listed with its digest, and verifies', async () => {
    const { call, imported, registry } = await machine()
    const model = await imported()
    expect(model).toMatchObject({
      pinned: false,
      sizeBytes: readFileSync(builtIn).length,
      architecture: expect.any(String),
    })
    expect(readdirSync(registry)).toEqual([`${model.sha256}.gguf`])
    expect((await call('model_list')).output).toMatchObject({ total: 1, models: [{ id: model.id }] })
    expect((await call('model_status', { id: model.id })).output).toMatchObject({ present: true })
    expect((await call('model_verify', { id: model.id })).output).toMatchObject({ state: 'intact' })
  })

  it('is no longer trusted once a byte of it changed, or it is gone', async () => {
    const { call, imported, registry } = await machine()
    const { id, sha256 } = await imported()
    const path = join(registry, `${sha256}.gguf`)
    const bytes = readFileSync(path)
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1
    writeFileSync(path, bytes)
    expect((await call('model_verify', { id })).output).toMatchObject({ state: 'changed', sha256 })
  })

  it('is in once only, and may come again after it was removed', async () => {
    const { call, revert, imported } = await machine()
    const { id } = await imported()
    await expect(imported()).rejects.toMatchObject({ code: 'already_exists' })
    const { inverse } = await call('model_remove', { id })
    expect((await call('model_list')).output).toMatchObject({ total: 0 })
    await revert('model_remove', inverse)
    expect((await call('model_list')).output).toMatchObject({ total: 1 })
    await call('model_remove', { id })
    expect((await imported()).id).toBe(id)
  })
})

describe('what undoing a removal would do', () => {
  it('is told by what the model is now', async () => {
    const { call, host, imported, revert } = await machine()
    const { id } = await imported()
    const { inverse } = await call('model_remove', { id })
    const look = (data: unknown) =>
      toolByName('model_remove').revertPreview?.(data, {
        host,
        signal: AbortSignal.timeout(1000),
        interrupted: false,
      } as never)
    const would = await look(inverse?.data)
    expect(would).toMatchObject({ effects: ['The model castellan-interpreter is in use again.'] })
    expect(would).not.toHaveProperty('movedOn')
    await revert('model_remove', inverse)
    expect(await look(inverse?.data)).toMatchObject({ movedOn: 'The model castellan-interpreter is in use already.' })
    await expect(revert('model_remove', inverse)).rejects.toMatchObject({ code: 'conflict' })
    const gone = { id: '0'.repeat(16), removed: false }
    expect(await look(gone)).toMatchObject({ movedOn: expect.stringContaining('no longer here') })
  })
})

describe('model_import refuses', () => {
  it('a file with another digest than the one that was given', async () => {
    const { imported, registry } = await machine()
    await expect(imported({ sha256: 'ab'.repeat(32) })).rejects.toMatchObject({ code: 'model_invalid' })
    expect(readdirSync(registry)).toEqual([])
  })

  it('a model that is cut short, and what is no model, and leaves nothing behind', async () => {
    const { imported, registry, workspace } = await machine()
    truncateSync(join(workspace, 'model.gguf'), readFileSync(builtIn).length - 1)
    await expect(imported()).rejects.toThrow(/^model\.gguf is cut short/)
    writeFileSync(join(workspace, 'model.gguf'), 'PK')
    await expect(imported()).rejects.toMatchObject({ code: 'model_invalid' })
    expect(readdirSync(registry)).toEqual([])
  })

  it('a file outside the granted folders', async () => {
    const { imported } = await machine()
    await expect(imported({ path: '/etc/passwd' })).rejects.toMatchObject({ code: 'path_outside_roots' })
  })
})

it('a manifest that somebody else wrote is not believed', async () => {
  const { call, imported, folder } = await machine()
  await imported()
  const path = join(folder, 'state', 'models.json')
  writeFileSync(path, readFileSync(path, 'utf8').replace('"pinned": false', '"pinned": true'))
  const refused = await call('model_list').catch((error: unknown) => error)
  expect(refused).toBeInstanceOf(CastellanError)
  expect(refused).toMatchObject({ code: 'manifest_mismatch' })
})
