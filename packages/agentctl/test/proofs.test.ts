import { copyFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder, until } from '@castellan/testing'
import { expect, test } from 'vitest'
import { startAgentd } from './support/agentd.ts'
import { agentctl } from './support/cli.ts'

test('an entry is proven on one machine and checked on another with nothing but the key', async () => {
  const { state } = await startAgentd()
  const { stdout } = await agentctl(['call', 'disk_usage', '--json', '--state', state])
  const index: number = JSON.parse(stdout).ledger_index
  const proof = await until('the entry is published', async () => {
    const ran = await agentctl(['ledger', 'prove', String(index), '--state', state])
    return ran.code === 0 ? ran.stdout : undefined
  })
  const elsewhere = temporaryFolder()
  const file = join(elsewhere, `${index}.tlog-proof`)
  writeFileSync(file, proof)
  const { vkey } = JSON.parse((await agentctl(['verify-ledger', '--json', '--state', state])).stdout)

  const good = await agentctl(['ledger', 'check', file, '--key', vkey])
  expect(good, good.stderr).toMatchObject({ code: 0 })
  expect(good.stdout).toContain(`№ ${index}`)

  writeFileSync(file, proof.replace(`\nindex ${index}\n`, `\nindex ${index + 1}\n`))
  expect((await agentctl(['ledger', 'check', file, '--key', vkey])).code).toBe(1)
})

test('the ledger continues a checkpoint that was kept, and does not continue one of another ledger', async () => {
  const { state } = await startAgentd()
  const kept = join(temporaryFolder(), 'checkpoint')
  const checkpoint = join(state, 'ledger', 'checkpoint')
  await until('the first checkpoint is published', () => existsSync(checkpoint))
  copyFileSync(checkpoint, kept)
  await agentctl(['call', 'disk_usage', '--state', state])
  expect((await agentctl(['ledger', 'consistent', kept, '--state', state])).code).toBe(0)

  const other = await startAgentd()
  await until('its first checkpoint is published', () => existsSync(join(other.state, 'ledger', 'checkpoint')))
  const foreign = await agentctl(['ledger', 'consistent', kept, '--state', other.state])
  expect(foreign.code).toBe(1)
  expect(foreign.stderr).toContain('proof_invalid')
  expect(readFileSync(kept, 'utf8')).toContain('castellan/')
})
