import { createHash, generateKeyPairSync } from 'node:crypto'
import { copyFileSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type RegisteredModel, signRegistry } from '@castellan/quarantine/registry'
import { temporaryFolder, until } from '@castellan/testing'
import { expect, it } from 'vitest'
import { all, asked, engineFactory, never } from './support/engine.ts'

const builtIn = fileURLToPath(new URL('../../../models/interpreter/castellan-interpreter.gguf', import.meta.url))
const slow = { timeout: 300_000 }

/** A folder of models as agentd keeps it. */
function registry() {
  const folder = temporaryFolder()
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  writeFileSync(join(folder, 'registry.pub'), publicKey.export({ type: 'spki', format: 'pem' }))
  let serial = 0
  const list = (...models: Partial<RegisteredModel>[]) => {
    serial += 1
    const body = { version: 1, serial, issuedAt: '2026-11-21T12:00:00.000Z', models: models.map(entry) } as const
    // As agentd does it: there is a list at every moment.
    writeFileSync(join(folder, 'registry.json.next'), signRegistry(body, privateKey))
    renameSync(join(folder, 'registry.json.next'), join(folder, 'registry.json'))
  }
  return { folder, list }
}

function entry(model: Partial<RegisteredModel>): RegisteredModel {
  const sha256 = model.sha256 ?? '0'.repeat(64)
  return {
    id: sha256.slice(0, 16),
    name: 'a model',
    format: 'gguf',
    sha256,
    bytes: 1,
    file: `${sha256}.gguf`,
    architecture: 'llama',
    parameters: 1,
    contextTokens: 1,
    source: 'a.gguf',
    declaredSource: null,
    pinned: false,
    signer: null,
    verdicts: [],
    importedAt: '2026-11-21T12:00:00.000Z',
    importedBy: 'tester',
    removed: false,
    ...model,
  }
}

function other(folder: string): { path: string; sha256: string } {
  const bytes = readFileSync(builtIn)
  bytes.write('castellan-interpretex', bytes.indexOf('castellan-interpreter'), 'latin1')
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  const path = join(folder, `${sha256}.gguf`)
  writeFileSync(path, bytes)
  return { path, sha256 }
}

const start = engineFactory()

it('a model that is chosen has to be on the list, with this very digest', slow, async () => {
  const { folder, list } = registry()
  const { path, sha256 } = other(folder)
  const engine = start(builtIn, { modelsFolder: folder })
  await engine.load()
  expect(engine.health().state).toBe('ready')
  await expect(engine.switchModel(path)).rejects.toMatchObject({ code: 'model_untrusted' })
  list({ sha256: 'ab'.repeat(32) })
  await expect(engine.switchModel(path)).rejects.toMatchObject({ code: 'model_untrusted' })
  list({ sha256, removed: true })
  await expect(engine.switchModel(path)).rejects.toMatchObject({ code: 'model_untrusted' })
  list({ sha256 })
  expect(await engine.switchModel(path)).toMatchObject({ model: { digest: sha256 } })
  writeFileSync(path, readFileSync(builtIn))
  await expect(engine.switchModel(path)).rejects.toMatchObject({ code: 'model_untrusted' })
})

it('an older list that is put back brings no model back', slow, async () => {
  const { folder, list } = registry()
  const { path, sha256 } = other(folder)
  const engine = start(builtIn, { modelsFolder: folder })
  await engine.load()
  list({ sha256 })
  const older = readFileSync(join(folder, 'registry.json'))
  list({ sha256, removed: true })
  await expect(engine.switchModel(path)).rejects.toMatchObject({ code: 'model_untrusted' })
  writeFileSync(join(folder, 'registry.json'), older)
  await expect(engine.switchModel(path)).rejects.toMatchObject({
    code: 'model_untrusted',
    message: expect.stringContaining('older than'),
  })
})

it('a model that is taken out of use goes while it is loaded, and may come back', slow, async () => {
  const { folder, list } = registry()
  const { path, sha256 } = other(folder)
  list({ sha256 })
  const engine = start(builtIn, { modelsFolder: folder })
  await engine.load()
  await engine.switchModel(path)
  list({ sha256, removed: true })
  await until('the engine has given it up', () => engine.health().state === 'failed')
  expect(engine.health()).toMatchObject({ model: null, error: { code: 'model_untrusted' } })
  list({ sha256 })
  const answered = () =>
    engine
      .complete(asked(64), never)
      .then(all)
      .then(
        (events) => events.some(({ type }) => type === 'done'),
        () => false,
      )
  await until('it answers again', answered)
  expect(engine.health()).toMatchObject({ state: 'ready', model: { digest: sha256 } })
})

it('the configured model needs no list, and is given up once the list says so', slow, async () => {
  const { folder, list } = registry()
  const path = join(folder, 'configured.gguf')
  copyFileSync(builtIn, path)
  const sha256 = createHash('sha256').update(readFileSync(path)).digest('hex')
  const engine = start(path, { modelsFolder: folder })
  await engine.load()
  expect(engine.health().state).toBe('ready')
  list({ sha256 })
  list({ sha256, removed: true })
  await until('the engine has given it up', () => engine.health().state === 'failed')
  expect(engine.health().error?.code).toBe('model_untrusted')
})
