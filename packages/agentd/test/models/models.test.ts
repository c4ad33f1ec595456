import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ToolProgress } from '@castellan/contracts'
import { TrustedModels } from '@castellan/quarantine/registry'
import { requires } from '@castellan/testing'
import { expect, it } from 'vitest'
import { openMachine, toolByName } from '../support/machine.ts'
import { otherModel } from '../support/models.ts'

interface Shown {
  readonly id: string
  readonly sha256: string
  readonly sizeBytes: number
  readonly pinned: boolean
  readonly stages: readonly { readonly stage: string; readonly result: string }[]
}

async function machine() {
  const opened = await openMachine()
  writeFileSync(join(opened.workspace, 'model.gguf'), otherModel())
  const registry = join(opened.folder, 'models')
  const imported = async (args = {}) =>
    (await opened.call('model_import', { path: 'model.gguf', ...args })).output.model as Shown
  const trusted = new TrustedModels({
    manifest: join(registry, 'registry.json'),
    publicKey: join(registry, 'registry.pub'),
  })
  return { ...opened, registry, imported, trusted }
}

/** Every stage in a sandbox of its own, the behaviour of a model on the real engine: some seconds, many on a slow machine. */
const slow = { timeout: 300_000 }

requires.command('bwrap', 'bubblewrap').describe('an imported model', () => {
  it('went through every stage, is listed with its digest, verifies, and may be loaded', slow, async () => {
    const { call, host, imported, registry, trusted } = await machine()
    const model = await imported()
    expect(model).toMatchObject({ pinned: false, sizeBytes: otherModel().length, architecture: 'llama', signer: null })
    expect(
      model.stages.filter(({ stage }) => stage !== 'seal').map(({ stage, result }) => `${stage} ${result}`),
    ).toEqual([
      'source passed',
      'format passed',
      'integrity noted',
      'provenance noted',
      'scan passed',
      'image skipped',
      'behaviour passed',
    ])
    const path = join(registry, `${model.sha256}.gguf`)
    expect(readdirSync(registry).sort()).toEqual([
      `${model.sha256}.gguf`,
      'quarantine',
      'registry.json',
      'registry.pub',
    ])
    expect(statSync(path).mode & 0o777).toBe(0o444)
    expect((await call('model_list')).output).toMatchObject({ total: 1, models: [{ id: model.id }] })
    expect((await call('model_status', { id: model.id })).output).toMatchObject({ present: true, path })
    expect((await call('model_verify', { id: model.id })).output).toMatchObject({ state: 'intact' })
    expect(await trusted.admit(path)).toMatchObject({ id: model.id, name: 'castellan-interpretex' })

    // In once only; out of use at once for whoever loads models; back by undo.
    await expect(imported()).rejects.toMatchObject({ code: 'already_exists' })
    const { inverse } = await call('model_remove', { id: model.id })
    await expect(trusted.admit(path)).rejects.toMatchObject({ code: 'model_untrusted' })
    expect((await call('model_list')).output).toMatchObject({ total: 0 })
    const tool = toolByName('model_remove')
    const look = (data: unknown) =>
      tool.revertPreview?.(data, { host, signal: AbortSignal.timeout(60_000), interrupted: false } as never)
    expect(await look(inverse?.data)).toMatchObject({ effects: ['The model castellan-interpretex is in use again.'] })
    await host.models.setRemoved(model.id, false, 'tester')
    expect(await look(inverse?.data)).toMatchObject({ movedOn: 'The model castellan-interpretex is in use already.' })
    expect(await look({ id: '0'.repeat(16), removed: false })).toMatchObject({
      movedOn: expect.stringContaining('no longer here'),
    })
    expect(await trusted.admit(path)).toMatchObject({ id: model.id })
  })

  it('is seen on its way, and its verdicts afterwards', slow, async () => {
    const { host, signal, call } = await machine()
    const told: ToolProgress[] = []
    let during: unknown
    await host.models.import(
      { path: 'model.gguf', by: 'tester' },
      (progress) => {
        told.push(progress)
        if (progress.message.includes('behaviour')) during ??= call('model_status')
      },
      signal,
    )
    expect(told.map(({ message }) => message)).toEqual(
      expect.arrayContaining([
        expect.stringContaining('Stage 2 of 7: format'),
        expect.stringContaining('Trying prompts'),
      ]),
    )
    expect(await during).toMatchObject({ output: { imports: [{ state: 'examining' }] } })
    const { output, summary } = await call('model_status')
    const [shown] = output.imports as [{ importId: string; stages: unknown[] }]
    expect(shown).toMatchObject({ state: 'trusted', stage: null })
    expect(shown.stages).toHaveLength(7)
    expect(summary).toBe(`The import ${shown.importId} is trusted.`)
  })
})

requires.command('bwrap', 'bubblewrap').describe('model_import refuses', () => {
  it('what a stage refuses in its sandbox, keeps it apart, and says why', slow, async () => {
    const { imported, registry, workspace, call } = await machine()
    await expect(imported({ sha256: 'ab'.repeat(32) })).rejects.toMatchObject({ code: 'model_invalid' })
    writeFileSync(join(workspace, 'model.gguf'), otherModel().subarray(0, 100_000))
    await expect(imported()).rejects.toThrow(/^model\.gguf was refused at the stage format\. .*(?:cut short|longer)/)
    expect(readdirSync(registry).sort()).toEqual(['quarantine', 'registry.json', 'registry.pub'])
    const { output } = await call('model_status')
    expect(output.imports).toMatchObject([
      { state: 'refused', reason: expect.stringContaining('stage format') },
      { state: 'refused', reason: expect.stringContaining('stage integrity') },
    ])
    const apart = readdirSync(join(registry, 'quarantine')).map((id) => join(registry, 'quarantine', id))
    expect(apart.map((path) => statSync(path).mode & 0o777)).toEqual([0o700, 0o700])
    expect(readFileSync(join(apart[0] as string, 'record.json'), 'utf8')).toContain('"refused"')
  })

  it('a file outside the granted folders', slow, async () => {
    const { imported } = await machine()
    await expect(imported({ path: '/etc/passwd' })).rejects.toMatchObject({ code: 'path_outside_roots' })
  })
})
