import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder } from '@castellan/testing'
import { expect, test } from 'vitest'
import { checkBundle } from '../src/incident/bundle.ts'
import { readTar, writeTar } from '../src/incident/tar.ts'
import { startAgentd } from './support/agentd.ts'
import { agentctl } from './support/cli.ts'

test('an incident is contained by hand, walked back, exported, and its bundle verified without a daemon', async () => {
  const { state } = await startAgentd()
  const at = ['--state', state]
  const report = JSON.stringify({ subject: 'nginx.service', summary: 'It answers with somebody else’s page.' })
  const created = await agentctl(['call', 'incident_create', report, '--json', ...at])
  const { id } = (JSON.parse(created.stdout) as { result: { incident: { id: string } } }).result.incident

  const contained = await agentctl(['incident', 'contain', id, 'freeze_agents', '--reason', 'To look at it.', ...at])
  expect(contained, contained.stderr).toMatchObject({ code: 0 })
  expect(contained.stdout).toContain('refused with agents_frozen')
  expect((await agentctl(['incident', 'contain', id, 'pray', '--reason', 'x', ...at])).code).toBe(2)
  expect((await agentctl(['call', 'memory_usage', '{}', '--agent', 'main', ...at])).code).toBe(4)

  expect((await agentctl(['incident', 'recover', id, '--plan', ...at])).stdout).toMatch(/→ cause/)
  // Whoever reported it has to have been quiet for a minute, or the operator insists.
  const early = await agentctl(['incident', 'recover', id, ...at])
  expect(early).toMatchObject({ code: 1 })
  expect(early.stderr).toContain('has to be quiet')
  const recovered = await agentctl(['incident', 'recover', id, '--force', '--reason', 'It was the cache.', ...at])
  expect(recovered, recovered.stderr).toMatchObject({ code: 0 })
  expect((await agentctl(['call', 'memory_usage', '{}', '--agent', 'main', ...at])).code).toBe(0)

  const file = join(temporaryFolder(), 'incident.tar')
  const exported = await agentctl(['incident', 'export', id, '--to', file, ...at])
  expect(exported, exported.stderr).toMatchObject({ code: 0 })
  expect((await agentctl(['incident', 'export', id, '--to', file, ...at])).code).toBe(2)
  const { manifest, entries, problems } = checkBundle(readFileSync(file))
  expect(problems).toEqual([])
  expect(entries.length).toBeGreaterThan(3)

  const verified = await agentctl(['incident', 'verify', file, '--key', manifest.ledger_vkey])
  expect(verified, verified.stderr).toMatchObject({ code: 0 })
  expect((await agentctl(['incident', 'verify', file, '--key', `${manifest.ledger_vkey.slice(0, -2)}AA`])).code).toBe(1)

  const forged = join(temporaryFolder(), 'forged.tar')
  const files = readTar(readFileSync(file))
  const incident = files.get('incident.json')?.toString().replace('somebody else', 'everybody else')
  writeFileSync(
    forged,
    writeTar({ ...Object.fromEntries(files), 'incident.json': Buffer.from(incident as string) }, new Date()),
  )
  const refused = await agentctl(['incident', 'verify', forged])
  expect(refused).toMatchObject({ code: 1 })
  expect(refused.stdout).toContain('incident.json is not what was signed')
  writeFileSync(forged, readFileSync(file).subarray(0, 5000))
  expect((await agentctl(['incident', 'verify', forged])).code).not.toBe(0)
}, 600_000)

test('an archive is read as it was written, and one that lies is not', () => {
  const files = { 'a/b.txt': Buffer.from('one'), c: Buffer.alloc(1024, 7), empty: Buffer.alloc(0) }
  const archive = writeTar(files, new Date(0))
  expect(Object.fromEntries(readTar(archive))).toEqual(files)
  const lying = Buffer.from(archive)
  lying.write('77777777777', 124)
  expect(() => readTar(lying)).toThrow('checksum')
  expect(() => readTar(archive.subarray(0, 600))).toThrow()
  expect(() => readTar(writeTar({ '../etc/passwd': Buffer.alloc(1) }, new Date(0)))).toThrow('name')
})
