import { expect, test } from 'vitest'
import { Api } from '../../src/api/api.ts'
import { Verification } from '../../src/ledger/verification.ts'

const VERDICT = {
  ...{ type: 'verdict', ok: true, entries: 9, root: '', checkpoint: 'valid', duration_ms: 3, problem: null },
}

/** A gateway that tells what it is given, in whatever pieces. */
function telling(status = 200) {
  const { readable, writable } = new TransformStream<Uint8Array>()
  const writer = writable.getWriter()
  const aborted: boolean[] = []
  const fetcher = async (_: unknown, options: RequestInit) => {
    options.signal?.addEventListener('abort', () => {
      aborted.push(true)
      writer.abort(new TypeError('aborted')).catch(() => undefined)
    })
    if (status === 200) return new Response(readable)
    return new Response(JSON.stringify({ code: 'rate_limited', message: 'One at a time.' }), { status })
  }
  const api = new Api(fetcher as typeof fetch, () => undefined)
  const tell = (text: string) => writer.write(new TextEncoder().encode(text))
  return { api, tell, end: () => writer.close(), aborted }
}

const event = (data: object) => `event: x\ndata: ${JSON.stringify(data)}\n\n`
const progress = (checked: number) => event({ type: 'progress', checked, of: 1000 })

async function until(reached: () => boolean): Promise<void> {
  while (!reached()) await new Promise((resolve) => setTimeout(resolve, 1))
}

test('how far it is, how fast, and what came of it', async () => {
  let now = 0
  const { api, tell } = telling()
  const verification = new Verification(api, () => now)
  const over = verification.start()
  now = 100
  await tell(progress(10))
  await until(() => verification.state.value.kind === 'running' && verification.state.value.checked === 10)
  expect(verification.state.value).toEqual({ kind: 'running', checked: 10, of: 1000, perSecond: null })
  now = 2000
  // Events come in whatever pieces the network makes.
  const text = progress(500)
  await tell(text.slice(0, 20))
  await tell(text.slice(20))
  await until(() => verification.state.value.kind === 'running' && verification.state.value.checked === 500)
  expect(verification.state.value).toEqual({ kind: 'running', checked: 500, of: 1000, perSecond: 250 })
  await tell(event(VERDICT))
  await over
  expect(verification.state.value).toEqual({ kind: 'done', verdict: VERDICT })
})

test('stopping ends the request, and keeps how far it was', async () => {
  const { api, tell, aborted } = telling()
  const verification = new Verification(api)
  const over = verification.start()
  await tell(progress(10))
  await until(() => verification.state.value.kind === 'running' && verification.state.value.checked === 10)
  verification.stop()
  await over
  expect(aborted).toEqual([true])
  expect(verification.state.value).toEqual({ kind: 'stopped', checked: 10, of: 1000 })
})

test('a stream that breaks off is no verdict', async () => {
  const { api, tell, end } = telling()
  const verification = new Verification(api)
  const over = verification.start()
  await tell(progress(10))
  await end()
  await over
  expect(verification.state.value).toEqual({ kind: 'failed', error: null })
})

test('a refusal is said in its own words', async () => {
  const verification = new Verification(telling(429).api)
  await verification.start()
  expect(verification.state.value).toMatchObject({ kind: 'failed', error: { message: 'One at a time.' } })
})
