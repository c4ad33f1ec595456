import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { CastellanError } from '@castellan/contracts'
import { createLogger, ndjson, SocketServer } from '@castellan/daemon'
import { temporaryFolder, until } from '@castellan/testing'
import { expect, onTestFinished, test } from 'vitest'
import { startGateway } from '../../support/gateway.ts'

/** agentd's part of it alone: a verification that tells the same until nobody listens. */
async function start(verify: (signal: AbortSignal) => AsyncGenerator<unknown>) {
  const logFile = join(temporaryFolder(), 'gateway.log')
  const log = createLogger({ name: 'gateway', level: 'warn', file: logFile })
  const gateway = await startGateway({ agentd: false, log })
  const server = new SocketServer({ name: 'agentd', log })
  server.route('GET', '/v1/ledger/verification', {}, ({ signal }) => ndjson(verify(signal)))
  await server.listen({ path: join(gateway.folder, 'agent.sock'), mode: 0o600 })
  onTestFinished(() => server.close())
  const ask = (signal?: AbortSignal) => {
    const headers = { authorization: `Bearer ${gateway.token}` }
    return fetch(`${gateway.url}/api/v1/ledger/verification`, { headers, signal: signal ?? null })
  }
  return { ask, gateway, logged: () => readFileSync(logFile, 'utf8') }
}

test('whoever looks away ends it at agentd, and nothing went wrong', async () => {
  let ended = false
  const { ask, logged } = await start(async function* (signal) {
    try {
      for (;;) {
        yield { type: 'progress', checked: 1, of: 9 }
        await Promise.race([
          new Promise((resolve) => setTimeout(resolve, 5)),
          new Promise((resolve) => signal.addEventListener('abort', resolve)),
        ])
        signal.throwIfAborted()
      }
    } finally {
      ended = true
    }
  })
  const leaving = new AbortController()
  const { body } = await ask(leaving.signal)
  const reader = body?.getReader()
  const { value } = (await reader?.read()) ?? {}
  expect(new TextDecoder().decode(value)).toMatch(
    /^event: progress\ndata: \{"type":"progress","checked":1,"of":9\}\n\n/,
  )
  leaving.abort()
  await until('agentd stopped verifying', () => ended)
  expect(logged()).not.toMatch(/"level":(50|60)|unhandled/i)
})

test('a refusal before the first word is an ordinary one', async () => {
  // biome-ignore lint/correctness/useYield: it refuses before it says anything
  const { ask } = await start(async function* () {
    throw new CastellanError('rate_limited', 'The ledger is being verified already.', { retryAfterSeconds: 5 })
  })
  const answer = await ask()
  expect([answer.status, answer.headers.get('retry-after')]).toEqual([429, '5'])
  expect(await answer.json()).toMatchObject({ code: 'rate_limited', message: 'The ledger is being verified already.' })
})
