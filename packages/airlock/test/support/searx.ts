import type { RequestListener } from 'node:http'
import { join } from 'node:path'
import { SearchAnswer, type SearchRequest } from '@castellan/contracts'
import { UnixClient } from '@castellan/daemon'
import { onTestFinished } from 'vitest'
import type { AirlockConfig } from '../../src/index.ts'
import { airlock } from './airlock.ts'
import { startUpstream } from './upstream.ts'

/** What a SearXNG answers, as its API documentation has it. */
export const found = {
  query: 'castellan',
  number_of_results: 2,
  results: [
    {
      title: 'Castellan &amp; <b>keys</b>',
      url: 'https://example.org/keys',
      content: 'Keeps the\n keys\u200b.',
      engine: 'duckduckgo',
      score: 4,
    },
    { title: 'Again', url: 'https://example.org/keys', content: 'the same page' },
    { title: 'No page', url: 'javascript:alert(1)', content: '' },
    { title: null, url: 'http://example.net/', content: null },
  ],
  answers: [],
  suggestions: [],
  unresponsive_engines: [['x', 'timeout']],
}

/** A real airlock that is configured to ask a SearXNG behind real TLS. */
export async function searching({
  handler,
  tor,
  allowed = true,
}: {
  readonly handler?: RequestListener
  readonly tor?: object
  readonly allowed?: boolean
} = {}) {
  const answer: RequestListener = (_request, response) => {
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify(found))
  }
  const upstream = await startUpstream(['searx.test'], handler ?? answer)
  const search = { url: `https://searx.test:${upstream.port}/`, ...(tor === undefined ? {} : { tor }) }
  const lock = await airlock({
    zone: { 'searx.test': ['127.0.0.1'] },
    config: { search } as unknown as Partial<AirlockConfig>,
  })
  if (allowed) await lock.allow({ host: 'searx.test', port: upstream.port, ca: upstream.ca, reach: 'loopback' })
  const socketPath = join(lock.folder, 'sockets', 'airlock-agentd.sock')
  const agentd = new UnixClient({ socketPath, peer: 'airlock', unavailable: 'airlock_unavailable' })
  onTestFinished(() => agentd.close())
  const ask = (body: SearchRequest) => agentd.request('POST', '/v1/search', { body, schema: SearchAnswer })
  return { upstream, lock, agentd, ask, socketPath }
}
