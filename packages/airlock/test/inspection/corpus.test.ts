import { describe, expect, test } from 'vitest'
import { airlock } from '../support/airlock.ts'
import { startUpstream } from '../support/upstream.ts'
import { Draw } from './corpus/draw.ts'
import { harmless } from './corpus/harmless.ts'
import { leaks } from './corpus/leaks.ts'

/** The seed of the corpus; another one draws another corpus of the same forms. */
const SEED = Number(process.env.CASTELLAN_CORPUS_SEED ?? 10)

/** An upstream, and an airlock that lets it be reached by anything but a leak. */
async function reachable() {
  const upstream = await startUpstream(['api.test'])
  const lock = await airlock({ zone: { 'api.test': ['127.0.0.1'] } })
  await lock.allow({ host: 'api.test', port: upstream.port, reach: 'loopback', ca: upstream.ca, per_minute: 100_000 })
  return { upstream, lock, origin: `https://api.test:${upstream.port}` }
}

describe('the corpus of what leaves', () => {
  test('at least 98 % of the leaks are caught, and none of these reaches the other side', {
    timeout: 300_000,
  }, async () => {
    const { upstream, lock, origin } = await reachable()
    const corpus = leaks(origin, new Draw(SEED))
    expect(corpus.length).toBeGreaterThanOrEqual(200)
    const missed: string[] = []
    for (const { what, request } of corpus) {
      const error = await lock.fetch(request.url, request).then(
        () => undefined,
        ({ code }: { code: string }) => code,
      )
      if (error !== 'egress_leak' && error !== 'egress_held') missed.push(`${what} (${error ?? 'sent'})`)
    }
    const caught = (corpus.length - missed.length) / corpus.length
    console.info(`leaks: ${corpus.length - missed.length} of ${corpus.length} caught (${(caught * 100).toFixed(1)} %)`)
    if (missed.length > 0) console.info(`missed:\n  ${missed.join('\n  ')}`)
    expect(upstream.requests.length).toBe(missed.length)
    expect(caught).toBeGreaterThanOrEqual(0.98)
  })

  test('at most 3 % of the harmless look-alikes are stopped', { timeout: 300_000 }, async () => {
    const { lock, origin } = await reachable()
    const corpus = harmless(origin, new Draw(SEED))
    expect(corpus.length).toBeGreaterThanOrEqual(100)
    const stopped: string[] = []
    for (const { what, request } of corpus) {
      await lock.fetch(request.url, request).catch((error: Error & { detail?: unknown }) => {
        stopped.push(`${what}: ${JSON.stringify(error.detail ?? error.message)}`)
      })
    }
    const share = stopped.length / corpus.length
    console.info(`harmless: ${stopped.length} of ${corpus.length} stopped (${(share * 100).toFixed(1)} %)`)
    if (stopped.length > 0) console.info(`stopped:\n  ${stopped.join('\n  ')}`)
    expect(share).toBeLessThanOrEqual(0.03)
  })
})
