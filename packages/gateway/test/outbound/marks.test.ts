import { createLogger } from '@castellan/daemon'
import { until } from '@castellan/testing'
import { expect, onTestFinished, test } from 'vitest'
import { airlock, refusal } from '../../../airlock/test/support/airlock.ts'
import { startUpstream } from '../../../airlock/test/support/upstream.ts'
import { CredentialMarks } from '../../src/outbound/marks.ts'

test('the airlock recognises a credential of the store wherever it would leave, but in the header made for it', async () => {
  const upstream = await startUpstream(['api.test'])
  const lock = await airlock({ zone: { 'api.test': ['127.0.0.1'] } })
  await lock.allow({ host: 'api.test', port: upstream.port, ca: upstream.ca, reach: 'loopback' })
  const url = `https://api.test:${upstream.port}/v1`
  const marks = new CredentialMarks(lock.config.airlockSocket, createLogger({ name: 'test', file: '/dev/null' }))
  onTestFinished(() => marks.close())
  const secret = 'a-key-of.no/known:form,0123456789'
  const body = Buffer.from(`it is ${Buffer.from(secret).toString('hex')}`).toString('base64')
  const leak = () => lock.fetch(url, { method: 'POST', body })

  expect((await leak()).text).toBe('hello')
  marks.tell(() => [secret])
  await until('the airlock knows', () =>
    leak().then(
      () => false,
      ({ code }) => code === 'egress_leak',
    ),
  )
  expect((await lock.fetch(url, { headers: { authorization: `Bearer ${secret}` } })).text).toBe('hello')
  expect((await refusal(lock.fetch(url, { headers: { 'user-agent': secret } }))).code).toBe('egress_leak')

  marks.tell(() => [])
  await until('the airlock has forgotten', () =>
    leak().then(
      () => true,
      () => false,
    ),
  )
})
