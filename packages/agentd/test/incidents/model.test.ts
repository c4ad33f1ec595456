import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createLogger } from '@castellan/daemon'
import { temporaryFolder } from '@castellan/testing'
import { expect, it } from 'vitest'
import { IncidentFile, Incidents } from '../../src/incidents/incidents.ts'
import { modelMeasure } from '../../src/incidents/measures/model.ts'
import { StateFile } from '../../src/state/state-file.ts'
import { openModels, otherModel } from '../support/models.ts'

const signal = AbortSignal.timeout(600_000)
const nobody = () => undefined

it('manifest_mismatch: a model whose file was changed is raised, out of use, and comes back once it is what was let in', async () => {
  const folder = temporaryFolder()
  const ledger = { append: async () => 0, query: async () => ({ records: [], more: false }) }
  const file = new StateFile(join(folder, 'incidents.json'), IncidentFile)
  const incidents = await Incidents.open({ ledger, file, log: createLogger({ name: 'test', file: '/dev/null' }) })
  const models = await openModels(folder, {
    onChanged: (subject, summary) => void incidents.raise({ class: 'manifest_mismatch', subject, summary }),
  })
  writeFileSync(join(folder, 'workspace', 'model.gguf'), otherModel())
  const {
    model: { id },
  } = await models.import({ path: join(folder, 'workspace', 'model.gguf'), by: 'tester' }, nobody, signal)
  const { path } = await models.find(id)
  const before = readFileSync(path)
  chmodSync(path, 0o600)
  writeFileSync(path, Buffer.concat([before.subarray(0, -1), Buffer.from([1 + (before.at(-1) ?? 0)])]))
  await models.verifyAll(signal)

  const [incident] = incidents.list()
  expect(incident).toMatchObject({ class: 'manifest_mismatch', subject: id, severity: 'high' })
  const isRevoked = async (of: string) => (await models.find(of)).model.removed
  const measure = modelMeasure(() => ({
    isRevoked,
    revoke: async (of) => {
      if (!(await isRevoked(of))) await models.setRemoved(of, true, 'containment')
    },
    reinstate: async (of) => {
      const { state } = await models.verify(of, nobody, signal)
      if (state !== 'intact') throw new Error(`The file is ${state}.`)
      await models.setRemoved(of, false, 'recovery')
    },
  }))
  const ref = await measure.apply(incident as never, '')
  expect(await measure.verify(ref)).toContain('out of use')
  await expect(measure.lift(ref, incident as never)).rejects.toThrow('changed')
  expect(await isRevoked(id)).toBe(true)
  writeFileSync(path, before)
  expect(await measure.lift(ref, incident as never)).toContain('in use')
  expect(await isRevoked(id)).toBe(false)
  await incidents.close()
})
