import { join } from 'node:path'
import { CastellanError } from '@castellan/contracts'
import { temporaryFolder } from '@castellan/testing'
import { expect, it, onTestFinished } from 'vitest'
import { Records, wasNotWritten } from '../src/records.ts'
import { StandInRecords } from './support/records.ts'

const record = { type: 'credentials_locked' } as const

async function start() {
  const socket = join(temporaryFolder(), 'record.sock')
  const agentd = new StandInRecords()
  const records = new Records(socket)
  onTestFinished(() => records.close())
  onTestFinished(() => agentd.close())
  const failure = () => records.append(record).catch((error: unknown) => error)
  return { socket, agentd, records, failure }
}

it('answers where in the ledger a record is', async () => {
  const { socket, agentd, records } = await start()
  await agentd.listen(socket)
  expect([await records.append(record), await records.append(record)]).toEqual([0, 1])
})

it('knows for certain that nothing was written where nobody listens', async () => {
  const { failure } = await start()
  const error = await failure()
  expect(error).toMatchObject({ code: 'agentd_unavailable' })
  expect(wasNotWritten(error)).toBe(true)
})

it('knows nothing where the ledger failed', async () => {
  const { socket, agentd, failure } = await start()
  await agentd.listen(socket)
  agentd.broken = true
  expect(wasNotWritten(await failure())).toBe(false)
})

it('knows nothing where agentd went away in the middle, or something else happened', () => {
  const cause = Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' })
  expect(wasNotWritten(new CastellanError('agentd_unavailable', 'gone', { cause }))).toBe(false)
  expect(wasNotWritten(new CastellanError('deadline_exceeded', 'slow'))).toBe(false)
  expect(wasNotWritten(new Error('odd'))).toBe(false)
})
