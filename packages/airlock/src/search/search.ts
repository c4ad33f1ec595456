import { CastellanError, type SearchAnswer, type SearchRequest, type SearchResult } from '@castellan/contracts'
import { z } from 'zod'
import type { SearchConfig } from '../config.ts'
import type { Answer, Caller, Fetcher } from '../fetch/fetch.ts'
import type { Scrubber } from './scrub.ts'
import { plainText } from './text.ts'

const MAX_ANSWER_BYTES = 4 * 1024 * 1024
const WITHIN_MS = 30_000
const LONGEST = { title: 300, snippet: 1000, url: 2000 }

/** SearXNG's JSON (docs.searxng.org, "Search API"); what we do not read may be anything. */
const Found = z.looseObject({
  results: z
    .array(z.looseObject({ title: z.string().nullish(), url: z.string(), content: z.string().nullish() }))
    .max(1000),
})

/** Questions to the owner's SearXNG: scrubbed, by Tor where that is configured, on record like every request. */
export class Search {
  readonly #config: SearchConfig | undefined
  readonly #fetcher: Fetcher
  readonly #scrubber: Scrubber
  readonly #caller: Caller

  constructor(config: SearchConfig | undefined, fetcher: Fetcher, scrubber: Scrubber, caller: Caller) {
    this.#config = config
    this.#fetcher = fetcher
    this.#scrubber = scrubber
    this.#caller = caller
  }

  /**
   * Throws `search_unconfigured`, `search_failed` (no SearXNG, or one that gives no JSON), `egress_leak` where nothing of the question is
   * left, and what any request throws.
   */
  async ask(request: z.output<typeof SearchRequest>, signal: AbortSignal): Promise<SearchAnswer> {
    const config = this.#config
    if (config === undefined) {
      throw new CastellanError(
        'search_unconfigured',
        'No search engine is configured. The owner names a SearXNG in the configuration of the airlock (search.url) and lets its host out.',
      )
    }
    const { query, kinds } = this.#scrubber.scrub(request.query)
    const answer = await this.#fetcher.fetch(requestFor(config, { ...request, query }), signal, this.#caller)
    const results = resultsIn(await textOf(answer), config).slice(0, request.count)
    return {
      results,
      query,
      scrubbed: kinds,
      via: config.tor === undefined ? 'direct' : 'tor',
      index: answer.head.index,
    }
  }
}

function requestFor(
  config: SearchConfig,
  { query, language, since }: z.output<typeof SearchRequest>,
): Parameters<Fetcher['fetch']>[0] {
  const url = new URL(config.url)
  url.pathname = `${url.pathname.replace(/\/$/, '')}/search`
  url.search = new URLSearchParams({
    q: query,
    format: 'json',
    ...(language === undefined ? {} : { language }),
    ...(since === undefined ? {} : { time_range: since }),
  }).toString()
  return {
    url: url.href,
    method: 'GET',
    headers: { accept: 'application/json', 'accept-language': language ?? 'en' },
    purpose: 'tool.search_web',
    redirect: 'manual',
    limits: {
      connect_ms: WITHIN_MS,
      headers_ms: WITHIN_MS,
      idle_ms: WITHIN_MS,
      total_ms: WITHIN_MS * 2,
      response_bytes: MAX_ANSWER_BYTES,
    },
  }
}

async function textOf({ head, body, end }: Answer): Promise<string> {
  const pieces: Uint8Array[] = []
  for await (const piece of body) pieces.push(piece)
  const { state, message } = end()
  if (head.status === 403 || head.status === 429) {
    throw failed(
      `SearXNG answers ${head.status}: its settings have to allow the format json (search.formats) and this many questions`,
    )
  }
  if (head.status !== 200) throw failed(`SearXNG answers ${head.status}`)
  if (state !== 'complete')
    throw failed(state === 'truncated' ? 'its answer is too long' : (message ?? 'its answer broke off'))
  return Buffer.concat(pieces).toString('utf8')
}

/** What is no web address, or repeats one, is left out. */
function resultsIn(text: string, { url }: SearchConfig): SearchResult[] {
  let found: z.output<typeof Found>
  try {
    found = Found.parse(JSON.parse(text))
  } catch (cause) {
    throw failed(`what answers at ${new URL(url).host} is no SearXNG that gives JSON`, cause)
  }
  const known = new Set<string>()
  return found.results.flatMap(({ title, url: address, content }) => {
    if (!URL.canParse(address) || address.length > LONGEST.url) return []
    const { protocol, href } = new URL(address)
    if ((protocol !== 'https:' && protocol !== 'http:') || known.has(href)) return []
    known.add(href)
    return [
      { title: plainText(title ?? '', LONGEST.title), url: href, snippet: plainText(content ?? '', LONGEST.snippet) },
    ]
  })
}

function failed(why: string, cause?: unknown): CastellanError {
  return new CastellanError('search_failed', `The search gave nothing: ${why}.`, { cause })
}
