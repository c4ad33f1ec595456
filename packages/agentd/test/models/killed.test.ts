import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { TrustedModels } from '@castellan/quarantine/registry'
import { temporaryFolder } from '@castellan/testing'
import { expect, it } from 'vitest'
import { fileRegistryLedger, openModels, otherModel } from '../support/models.ts'

const mortal = fileURLToPath(new URL('../support/mortal-import.ts', import.meta.url))
const signal = new AbortController().signal
/** Every step in the full form, which takes minutes; a few spread over all of them otherwise. */
const full = process.env.CASTELLAN_FAULTS === 'full'
const FEW = 7

function prepared(): string {
  const folder = temporaryFolder()
  execFileSync('mkdir', ['-p', join(folder, 'workspace')])
  writeFileSync(join(folder, 'workspace', 'model.gguf'), otherModel())
  return folder
}

function run(folder: string, killAt: number) {
  return spawnSync(process.execPath, [...process.execArgv, '--conditions=source', mortal, folder, String(killAt)], {
    encoding: 'utf8',
    timeout: 120_000,
  })
}

it('an import that is killed at any step is trusted whole or not at all, and the next one goes through', {
  timeout: 900_000,
}, async () => {
  const steps = Number(/^(\d+) steps$/m.exec(run(prepared(), 0).stdout)?.[1])
  expect(steps).toBeGreaterThan(20)
  const all = Array.from({ length: steps }, (_, index) => index + 1)
  const chosen = full ? all : all.filter((_, index) => index % Math.ceil(steps / FEW) === 0)
  for (const killAt of chosen) {
    const folder = prepared()
    expect(run(folder, killAt).signal).toBe('SIGKILL')
    const registry = join(folder, 'models')
    const told: string[] = []
    const models = await openModels(folder, {
      ledger: fileRegistryLedger(join(folder, 'ledger')),
      onChanged: (_subject, summary) => told.push(summary),
    })
    const listed = await models.list()
    const files = readdirSync(registry).filter((name) => /^[0-9a-f]{64}/.test(name))
    // What is listed is there, what is there is listed; and a crash is not taken for an attack.
    expect(files).toEqual(listed.map(({ file }) => file))
    expect(told).toEqual([])
    const open = (await models.imports()).filter(({ endedAt }) => endedAt === null)
    expect(open).toEqual([])
    for (const { id, state } of await models.imports()) {
      expect(['trusted', 'interrupted']).toContain(state)
      expect(existsSync(join(registry, 'quarantine', id, 'candidate'))).toBe(false)
    }
    const again = models.import({ path: 'model.gguf', by: 'tester' }, () => undefined, signal)
    if (listed.length === 1) await expect(again).rejects.toMatchObject({ code: 'already_exists' })
    else await again
    const trusted = new TrustedModels({
      manifest: join(registry, 'registry.json'),
      publicKey: join(registry, 'registry.pub'),
    })
    const [model] = await models.list()
    expect(await trusted.admit(join(registry, model?.file ?? ''))).toMatchObject({ id: model?.id })
  }
})
