import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Approval, CastellanError, newId } from '@castellan/contracts'
import { temporaryFolder, until } from '@castellan/testing'
import { expect, test } from 'vitest'
import { Waiting } from '../../src/chat/waiting.ts'
import { startGateway } from '../support/gateway.ts'
import { quietLog } from '../support/log.ts'

const asked = () => ({ approval_id: newId('apr'), session: newId('ses') }) as Approval

test('what a killed gateway left open is withdrawn by the next, for the session that asked', async () => {
  const folder = temporaryFolder()
  const [left, over] = [asked(), asked()]
  const killed = await Waiting.open(folder, quietLog('gateway'))
  await killed.begin(left)
  await killed.begin(over)
  await killed.end(over.approval_id)

  const withdrawn: unknown[] = []
  let away = 2
  const agentd = {
    withdraw: async (...args: unknown[]) => {
      if (away-- > 0) throw new CastellanError('agentd_unavailable', 'Nobody answers.')
      withdrawn.push(args)
      return left
    },
  }
  await (await Waiting.open(folder, quietLog('gateway'))).withdrawLeft(agentd as never)
  expect(withdrawn).toEqual([[left.approval_id, left.session]])
  expect(readdirSync(folder)).toEqual([])
})

test('what cannot be withdrawn, or is no note of ours, keeps nobody waiting', async () => {
  const folder = temporaryFolder()
  const waiting = await Waiting.open(folder, quietLog('gateway'))
  await waiting.begin(asked())
  writeFileSync(join(folder, newId('apr')), 'not a session')
  writeFileSync(join(folder, 'readme'), 'x')
  const agentd = { withdraw: () => Promise.reject(new CastellanError('approval_unknown', 'It is gone.')) }
  await waiting.withdrawLeft(agentd as never)
  expect(readdirSync(folder)).toEqual(['readme'])
})

test('a turn that waits is noted while it waits', async () => {
  const gateway = await startGateway()
  const folder = join(gateway.folder, 'gateway', 'waiting')
  const client = await gateway.connect()
  client.send({ type: 'chat', text: '/call file_write {"path":"notes.txt"}' })
  const { approval_id } = await client.hears('approval_required')
  expect(readdirSync(folder)).toEqual([approval_id])
  client.send({ type: 'approve', approval_id })
  await client.hears('done')
  await until('the note is gone', () => readdirSync(folder).length === 0)
})
