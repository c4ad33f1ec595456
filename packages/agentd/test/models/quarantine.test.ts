import { execFileSync } from 'node:child_process'
import {
  closeSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import type { StageVerdict } from '@castellan/quarantine'
import { TrustedModels } from '@castellan/quarantine/registry'
import { temporaryFolder } from '@castellan/testing'
import { describe, expect, it } from 'vitest'
import { corpus } from '../../../quarantine/test/support/corpus.ts'
import { safetensorsFile, usualData, usualHeader } from '../../../quarantine/test/support/safetensors.ts'
import type { StageRunner } from '../../src/models/stage-runner.ts'
import { type OpenModelsOptions, openModels, otherModel, stagesHere } from '../support/models.ts'
import { memoryRegistryLedger } from '../support/registry-ledger.ts'

const signal = new AbortController().signal
const ignore = () => undefined

async function opened(options: OpenModelsOptions = {}) {
  const folder = temporaryFolder()
  const ledger = memoryRegistryLedger()
  const models = await openModels(folder, { ledger, ...options })
  const workspace = join(folder, 'workspace')
  writeFileSync(join(workspace, 'model.gguf'), otherModel())
  const registry = join(folder, 'models')
  const trusted = new TrustedModels({
    manifest: join(registry, 'registry.json'),
    publicKey: join(registry, 'registry.pub'),
  })
  const take = (path = 'model.gguf', more: { source?: string; sha256?: string; signature?: string } = {}) =>
    models.import({ path, by: 'tester', ...more }, ignore, signal)
  /** What lies in the registry's folder and could be loaded. */
  const present = () => readdirSync(registry).filter((name) => /^[0-9a-f]{64}/.test(name))
  return { folder, ledger, models, workspace, registry, trusted, take, present }
}

/** Does something between two stages, as somebody outside would. */
function between(stage: string, act: (folder: string) => void, runner: StageRunner = stagesHere): StageRunner {
  return {
    candidateFolder: runner.candidateFolder,
    run(job, options) {
      if (job.stage === stage) act(options.folder ?? '')
      return runner.run(job, options)
    },
  }
}

describe('what is claimed', () => {
  it('stays what it was, whatever happens to the source after the claim', async () => {
    const source: { path?: string } = {}
    const { workspace, take, present } = await opened({
      runner: between('format', () => {
        const descriptor = openSync(source.path as string, 'r+')
        writeSync(descriptor, Buffer.from('evil'), 0, 4, 100)
        closeSync(descriptor)
        writeFileSync(`${source.path}.other`, 'another file')
        renameSync(`${source.path}.other`, source.path as string)
      }),
    })
    source.path = join(workspace, 'model.gguf')
    const { model } = await take()
    expect(present()).toEqual([`${model.sha256}.gguf`])
  })

  it('is not let in where the copy itself is written to, at whichever stage', async () => {
    for (const stage of ['format', 'integrity', 'provenance', 'scan', 'image', 'behaviour']) {
      const { take, present, models } = await opened({
        runner: between(stage, (folder) => {
          const bytes = readFileSync(join(folder, 'model.gguf'))
          bytes.writeUInt8((bytes.at(-1) ?? 0) ^ 1, bytes.length - 1)
          renameSync(join(folder, 'model.gguf'), join(folder, 'old'))
          writeFileSync(join(folder, 'model.gguf'), bytes)
        }),
      })
      await expect(take()).rejects.toThrow(/changed/)
      expect(present()).toEqual([])
      expect(await models.list()).toEqual([])
    }
  })

  it('is no link, FIFO, hard link, device or empty folder', async () => {
    const { workspace, take, present } = await opened()
    symlinkSync('model.gguf', join(workspace, 'link.gguf'))
    execFileSync('mkfifo', [join(workspace, 'fifo.gguf')])
    mkdirSync(join(workspace, 'empty'))
    for (const path of ['link.gguf', 'fifo.gguf', 'empty']) {
      await expect(take(path)).rejects.toMatchObject({ code: 'not_a_file' })
    }
    linkSync(join(workspace, 'model.gguf'), join(workspace, 'second.gguf'))
    await expect(take()).rejects.toMatchObject({ code: 'not_a_file', message: expect.stringContaining('hard link') })
    await expect(take('nothing.gguf')).rejects.toMatchObject({ code: 'not_found' })
    expect(present()).toEqual([])
  })

  it('is no larger than the configuration allows', async () => {
    const { take } = await opened({ config: { maxBytes: 1024 * 1024 } })
    await expect(take()).rejects.toMatchObject({ code: 'too_large' })
  })
})

describe('what is refused', () => {
  it('is every malformed file: nothing of the corpus gets in', { timeout: 300_000 }, async () => {
    const { workspace, take, present, models, ledger } = await opened({ config: { keepRefusedDays: 0 } })
    // Each of them is refused by its parser in the tests of the quarantine; this is the way through agentd.
    const files = corpus().filter((_, index) => index % 6 === 0)
    for (const { name, bytes } of files) {
      writeFileSync(join(workspace, name), bytes)
      await expect(take(name)).rejects.toMatchObject({ code: 'model_invalid' })
    }
    expect(files.length).toBeGreaterThan(40)
    expect(present()).toEqual([])
    expect(await models.list()).toEqual([])
    expect(ledger.entries.filter(({ draft }) => draft.type === 'model_refused')).toHaveLength(files.length)
  })

  it('is a source that is not on the list, before anything is copied', async () => {
    const { take, models } = await opened()
    for (const source of [
      'https://evil.example/m.gguf',
      'https://huggingface.co:8443/m.gguf',
      'http://huggingface.co/m',
    ]) {
      await expect(take('model.gguf', { source })).rejects.toMatchObject({ code: 'model_invalid' })
    }
    expect((await models.imports()).map(({ state, sha256 }) => [state, sha256])).toEqual(
      Array.from({ length: 3 }, () => ['refused', null]),
    )
  })

  it('is another file than the configuration pins for its address', async () => {
    const source = `https://huggingface.co/a/b/resolve/${'0'.repeat(40)}/model.gguf`
    const pinned = { pins: [{ source, sha256: 'ab'.repeat(32) }] }
    const { take } = await opened({ config: pinned })
    await expect(take('model.gguf', { source })).rejects.toThrow(/pins/)
    const { model } = await (await opened()).take('model.gguf', { source })
    expect(model).toMatchObject({ declaredSource: source, pinned: false })
    const right = await opened({ config: { pins: [{ source, sha256: model.sha256, revision: '0'.repeat(40) }] } })
    expect((await right.take('model.gguf', { source })).model.pinned).toBe(true)
  })

  it('is what nobody signed, where the policy wants a signature; and any signature that does not hold', async () => {
    const strict = await opened({ config: { provenance: { required: true } } })
    await expect(strict.take()).rejects.toThrow(/wants a signature/)
    const { take, workspace } = await opened()
    writeFileSync(join(workspace, 'model.sig'), '{}')
    await expect(take('model.gguf', { signature: 'model.sig' })).rejects.toThrow(/no Sigstore bundle/)
  })

  it('is kept apart for as long as the configuration says, and removed after', async () => {
    const { registry, take, models, workspace } = await opened()
    writeFileSync(join(workspace, 'model.gguf'), otherModel().subarray(0, 5000))
    await expect(take()).rejects.toMatchObject({ code: 'model_invalid' })
    const [record] = await models.imports()
    const candidate = join(registry, 'quarantine', record?.id ?? '', 'candidate')
    expect(statSync(join(candidate, 'model.gguf')).size).toBe(5000)
    const folder = join(registry, '..')
    await (await openModels(folder, { config: { keepRefusedDays: 0 } })).imports()
    expect(() => statSync(candidate)).toThrow()
  })

  it('is a candidate at which a stage breaks, is silent, or is stopped', async () => {
    const verdict = (result: StageVerdict['result']): StageVerdict => ({
      stage: 'scan',
      result,
      summary: 'x',
      findings: [],
      evidence: {},
    })
    const failing = (act: () => Promise<StageVerdict>): StageRunner => ({
      candidateFolder: stagesHere.candidateFolder,
      run: (job, options) => (job.stage === 'scan' ? act() : stagesHere.run(job, options)),
    })
    const refused = await opened({ runner: failing(async () => verdict('refused')) })
    await expect(refused.take()).rejects.toMatchObject({ code: 'model_invalid' })
    const broken = await opened({ runner: failing(() => Promise.reject(new Error('broken'))) })
    await expect(broken.take()).rejects.toThrow('broken')
    for (const { models, present } of [refused, broken]) {
      expect(present()).toEqual([])
      expect(await models.list()).toEqual([])
    }
    expect((await broken.models.imports())[0]).toMatchObject({ state: 'interrupted', reason: 'broken' })
  })

  it('leaves nothing behind where the caller goes away', async () => {
    const leaving = new AbortController()
    const { models, present, registry } = await opened({
      runner: between('scan', () => leaving.abort(new Error('the caller went away'))),
    })
    const left = models.import({ path: 'model.gguf', by: 'tester' }, ignore, leaving.signal)
    await expect(left).rejects.toThrow('the caller went away')
    expect(present()).toEqual([])
    const [record] = await models.imports()
    expect(record).toMatchObject({ state: 'interrupted' })
    expect(readdirSync(join(registry, 'quarantine', record?.id ?? ''))).toEqual(['record.json'])
  })
})

describe('a folder of weights', () => {
  function lay(workspace: string, name = 'image-model'): string {
    const folder = join(workspace, name)
    mkdirSync(join(folder, 'unet'), { recursive: true })
    writeFileSync(join(folder, 'model_index.json'), '{"_class_name":"Pipeline","unet":["diffusers","UNet"]}')
    writeFileSync(join(folder, 'unet', 'config.json'), '{"in_channels":4}')
    writeFileSync(join(folder, 'unet', 'weights.safetensors'), safetensorsFile(usualHeader, usualData))
    return folder
  }

  it('gets in as a whole, verifies as a whole, and is changed by any file more', async () => {
    const { workspace, take, registry, models, present } = await opened()
    lay(workspace)
    const { model } = await take('image-model')
    expect(model).toMatchObject({ format: 'folder', name: 'image-model', file: model.sha256 })
    expect(present()).toEqual([model.sha256])
    expect(await models.verify(model.id, ignore, signal)).toMatchObject({ state: 'intact' })
    writeFileSync(join(registry, model.sha256, 'unet', 'more.json'), '{}')
    expect(await models.verify(model.id, ignore, signal)).toMatchObject({ state: 'changed' })
    expect((await models.list())[0]).toMatchObject({ removed: true })
  })

  it('of one file is a folder all the same', async () => {
    const { workspace, take, present, models } = await opened()
    mkdirSync(join(workspace, 'lora'))
    writeFileSync(join(workspace, 'lora', 'weights.safetensors'), safetensorsFile(usualHeader, usualData))
    const { model } = await take('lora')
    expect(model).toMatchObject({ format: 'folder', name: 'lora' })
    expect(present()).toEqual([model.sha256])
    expect(await models.verify(model.id, ignore, signal)).toMatchObject({ state: 'intact' })
  })

  it.each([
    [
      'asks for code',
      (folder: string) => writeFileSync(join(folder, 'config.json'), '{"auto_map":{"AutoModel":"x.Y"}}'),
    ],
    ['has JSON with a key twice', (folder: string) => writeFileSync(join(folder, 'a.json'), '{"a":1,"a":2}')],
    [
      'has an index of files elsewhere',
      (folder: string) =>
        writeFileSync(join(folder, 'm.safetensors.index.json'), '{"weight_map":{"a":"../../etc/passwd"}}'),
    ],
    ['has text that is none', (folder: string) => writeFileSync(join(folder, 'vocab.txt'), Buffer.from([0xff, 0]))],
    ['has malformed weights', (folder: string) => writeFileSync(join(folder, 'b.safetensors'), 'PK')],
    ['has a hidden file', (folder: string) => writeFileSync(join(folder, '.env'), '')],
    ['has a link', (folder: string) => symlinkSync('/etc/passwd', join(folder, 'a.json'))],
  ])('is refused where it %s', async (_what, spoil) => {
    const { workspace, take, present } = await opened()
    spoil(lay(workspace))
    await expect(take('image-model')).rejects.toMatchObject({ code: expect.stringMatching(/model_invalid|not_a_file/) })
    expect(present()).toEqual([])
  })
})

describe('the registry', () => {
  it('trusts the built-in model from the start, by the digest that is shipped with it', async () => {
    const { models, trusted } = await opened()
    await models.open()
    const { path } = await models.find((await trusted.read()).models[0]?.id ?? '')
    expect(path).toMatch(/castellan-interpreter\.gguf$/)
    expect(await trusted.admit(path)).toMatchObject({ file: null, importedBy: 'castellan' })
    expect(await models.list()).toEqual([])
  })

  it('does not take an older list back, however well it is signed, and says so', async () => {
    const told: string[] = []
    const { folder, ledger, take, models, registry } = await opened()
    const { model } = await take()
    const older = readFileSync(join(registry, 'registry.json'))
    await models.setRemoved(model.id, true, 'tester')
    writeFileSync(join(registry, 'registry.json'), older)
    const again = await openModels(folder, { ledger, onChanged: (_subject, summary) => told.push(summary) })
    expect(await again.list()).toEqual([])
    expect(told).toEqual([expect.stringContaining('put back')])
    expect(readFileSync(join(registry, 'registry.json.foreign'))).toEqual(older)
  })

  it('puts its newest list back in place of another one while it runs', async () => {
    const told: string[] = []
    const { take, models, registry, trusted } = await opened({ onChanged: (_subject, summary) => told.push(summary) })
    const { model } = await take()
    const older = readFileSync(join(registry, 'registry.json'))
    await models.setRemoved(model.id, true, 'tester')
    const newest = readFileSync(join(registry, 'registry.json'))
    writeFileSync(join(registry, 'registry.json'), older)
    expect((await models.list()).map(({ removed }) => removed)).toEqual([true])
    expect(told).toEqual([expect.stringContaining('while agentd ran')])
    expect(readFileSync(join(registry, 'registry.json'))).toEqual(newest)
    expect(readFileSync(join(registry, 'registry.json.foreign'))).toEqual(older)
    await expect(trusted.find(model.sha256)).rejects.toMatchObject({ code: 'model_untrusted' })
    await models.list()
    expect(told).toHaveLength(1)
  })

  it('believes no list that somebody changed, cut or took away', async () => {
    for (const spoil of [
      (path: string) => writeFileSync(path, readFileSync(path, 'utf8').replace('"pinned": false', '"pinned": true')),
      (path: string) => writeFileSync(path, readFileSync(path).subarray(0, 100)),
      (path: string) => renameSync(path, `${path}.gone`),
    ]) {
      const told: string[] = []
      const { folder, ledger, take, registry } = await opened()
      await take()
      spoil(join(registry, 'registry.json'))
      const again = await openModels(folder, { ledger, onChanged: (_subject, summary) => told.push(summary) })
      expect(await again.list()).toEqual([])
      expect(told).toHaveLength(1)
    }
  })

  it('lets nothing in where the ledger refuses', async () => {
    const ledger = memoryRegistryLedger()
    const { models, take, present, trusted } = await opened({ ledger })
    await models.open()
    ledger.append = () => Promise.reject(new Error('no ledger'))
    await expect(take()).rejects.toThrow('no ledger')
    expect((await trusted.read()).models).toHaveLength(1)
    expect(present()).toEqual([])
    expect(await models.list()).toEqual([])
  })

  it('takes a model out of use whose file changed or is gone, at the next look', async () => {
    const told: string[] = []
    const { take, models, registry, trusted } = await opened({ onChanged: (_subject, summary) => told.push(summary) })
    const { model } = await take()
    const path = join(registry, `${model.sha256}.gguf`)
    await models.verifyAll(signal)
    expect(told).toEqual([])
    renameSync(path, `${path}.gone`)
    await models.verifyAll(signal)
    expect(told).toEqual([expect.stringContaining('missing')])
    await expect(trusted.find(model.sha256)).rejects.toMatchObject({ code: 'model_untrusted' })
  })

  it('lets a removed model come in again, once', async () => {
    const { take, models } = await opened()
    const { model } = await take()
    await models.setRemoved(model.id, true, 'tester')
    await expect(models.setRemoved(model.id, true, 'tester')).rejects.toMatchObject({ code: 'conflict' })
    expect((await take()).model.id).toBe(model.id)
    expect((await models.list()).map(({ removed }) => removed)).toEqual([false])
    await expect(take()).rejects.toMatchObject({ code: 'already_exists' })
  })
})
