import { randomBytes } from 'node:crypto'
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type DocumentedOperation, DocumentJudge } from '../support/document.ts'
import { startGateway, type TestGateway } from '../support/gateway.ts'
import { startAgentd } from '../support/real-agentd.ts'

/** 10,000 with CASTELLAN_FUZZ=full; enough to see most of every route otherwise. */
const RUNS = process.env.CASTELLAN_FUZZ === 'full' ? 10_000 : 1_000
const judge = new DocumentJudge()

/** What a request is before anything is wrong with it: the document's own example. */
interface Draft {
  method: string
  path: string
  headers: Record<string, string>
  body: string | undefined
  /** Whether the path is still the operation's. */
  own: boolean
}

function exampleOf({ method, path, parameters, requestBody }: DocumentedOperation): Draft {
  const example = (place: string) => parameters.filter((one) => one.$ref === undefined && one.in === place)
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    return encodeURIComponent(String(example('path').find((one) => one.name === name)?.example ?? 'x'))
  })
  const query = example('query').filter((one) => one.example !== undefined && one.name !== 'wait')
  const text = new URLSearchParams(query.map((one): [string, string] => [one.name, String(one.example)]))
  const body = requestBody?.content['application/json']?.example
  return {
    method,
    path: text.size === 0 ? filled : `${filled}?${text}`,
    headers: body === undefined ? {} : { 'content-type': 'application/json' },
    body: body === undefined ? undefined : JSON.stringify(body),
    own: true,
  }
}

const odd = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    -1,
    1e308,
    2 ** 53,
    '',
    ' ',
    [],
    {},
    [[]],
    '\u0000',
    '\ud800',
    '💥',
    'a'.repeat(5000),
  ),
  fc.constantFrom('../../etc/passwd', '%00', '<script>', "' or 1=1", '{"$ref":"#"}', 'constructor', '__proto__'),
  fc.jsonValue({ maxDepth: 3 }),
)
const oddText = fc.oneof(
  fc.constantFrom(
    '',
    '%20',
    '-1',
    '0',
    '1e9',
    'NaN',
    '99999999999999999999',
    '%00',
    '%',
    '%2e%2e%2f',
    '%F0%9F%92%A5',
    'a'.repeat(2000),
  ),
  fc.string({ maxLength: 40 }).map((text) => encodeURIComponent(text.toWellFormed())),
)
const name = fc.oneof(
  fc.constantFrom('limit', 'cursor', 'after', 'state', 'wait', 'q', 'before', 'constructor', '__proto__', 'limit[]'),
  fc.string({ maxLength: 12 }).map((text) => encodeURIComponent(text.toWellFormed())),
)

type Harm = (draft: Draft) => void
/** Changes the body where it is still JSON after what was done to it before. */
const withBody = (change: (value: Record<string, unknown>) => unknown): Harm => {
  return (draft) => {
    try {
      draft.body = JSON.stringify(change(JSON.parse(draft.body ?? '{}')) ?? null)
      draft.headers['content-type'] = 'application/json'
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error
    }
  }
}
const nthKey = (value: unknown, at: number) => {
  const keys = Object.keys(Object(value))
  return keys[at % Math.max(1, keys.length)] ?? 'x'
}

const harm: fc.Arbitrary<Harm> = fc.oneof(
  fc.constant<Harm>(() => undefined),
  fc.tuple(fc.nat(20), odd).map(([at, value]) => withBody((body) => ({ ...body, [nthKey(body, at)]: value }))),
  fc.nat(20).map((at) => withBody((body) => ({ ...body, [nthKey(body, at)]: undefined }))),
  fc.tuple(fc.string({ maxLength: 20 }), odd).map(([key, value]) => withBody((body) => ({ ...body, [key]: value }))),
  odd.map((value) => withBody(() => value)),
  fc
    .nat(200)
    .map((depth) =>
      withBody((body) => JSON.parse(`${'{"a":'.repeat(depth)}${JSON.stringify(body)}${'}'.repeat(depth)}`)),
    ),
  fc
    .oneof(
      fc.string(),
      fc.constantFrom('{', '[1,', '"\\ud800"', '{"__proto__":{"a":1}}', '\ufeff{}', 'x'.repeat(70_000)),
    )
    .map(
      (text): Harm =>
        (draft) => {
          draft.headers['content-type'] = 'application/json'
          draft.body = text.toWellFormed()
        },
    ),
  fc
    .constantFrom(
      'text/plain',
      'text/html',
      'application/xml',
      'multipart/form-data',
      'application/json; charset=x',
      ';',
      'x',
    )
    .map(
      (type): Harm =>
        (draft) => {
          draft.headers['content-type'] = type
          draft.body ??= '{}'
        },
    ),
  fc.constantFrom('GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'HEAD', 'PROPFIND').map(
    (method): Harm =>
      (draft) => {
        draft.method = method
      },
  ),
  fc.tuple(fc.nat(4), oddText).map(([at, text]): Harm => {
    return (draft) => {
      const [path = '', query] = draft.path.split('?')
      const parts = path.split('/')
      parts[Math.max(1, parts.length - 1 - at)] = text
      draft.path = [parts.join('/') || '/', ...(query === undefined ? [] : [query])].join('?')
      draft.own = false
    }
  }),
  fc.tuple(name, oddText, fc.boolean()).map(([key, value, twice]): Harm => {
    return (draft) => {
      const more = twice ? `${key}=${value}&${key}=${value}` : `${key}=${value}`
      draft.path += `${draft.path.includes('?') ? '&' : '?'}${more}`
    }
  }),
  fc
    .constantFrom<[string, string]>(
      ['authorization', ''],
      ['authorization', 'Bearer'],
      ['authorization', `Bearer cst_${'A'.repeat(43)}`],
      ['authorization', 'Basic eDp5'],
      ['cookie', 'castellan_session_1=x; =; ;'],
      ['idempotency-key', ''],
      ['idempotency-key', 'k'.repeat(300)],
      ['idempotency-key', 'same'],
      ['x-request-id', 'x'.repeat(65)],
      ['x-request-id', 'a b'],
      ['origin', 'null'],
      ['origin', 'https://evil.example'],
      ['host', 'evil.example'],
      ['accept', 'text/event-stream'],
      ['accept', ',;q=9'],
      ['last-event-id', '-1'],
      ['last-event-id', 'x'],
      ['expect', '100-continue'],
      ['range', 'bytes=9-1'],
      ['traceparent', '00-zz-zz-00'],
      ['x-forwarded-for', '1.2.3.4, ::1'],
      ['x-filler', 'a'.repeat(17_000)],
      ['content-encoding', 'gzip'],
      ['upgrade', 'h2c'],
    )
    .map(([header, value]): Harm => {
      return (draft) => {
        draft.headers[header] = value
      }
    }),
)

interface Heard {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
}

/** Sends it; a stream is left once its headers are there. */
function send({ port, token }: TestGateway, { method, path, headers, body }: Draft): Promise<Heard> {
  return new Promise((resolve, reject) => {
    const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }
    const all = { authorization: `Bearer ${token}`, ...length, ...headers }
    const request = httpRequest({ host: '127.0.0.1', port, method, path, headers: all, agent: false }, (response) => {
      const { statusCode: status = 0, headers: heard } = response
      let text = ''
      const done = () => resolve({ status, headers: heard, text })
      response.setEncoding('utf8').on('data', (piece) => {
        text += piece
      })
      if (heard['content-type']?.startsWith('text/event-stream')) {
        response.destroy()
        done()
      }
      response.on('end', done)
    })
    request.on('error', (error: NodeJS.ErrnoException) => {
      // Headers that are too large are refused before anybody knows that it is a HEAD, whose answer should have no body.
      const early = method === 'HEAD' && error.code === 'HPE_CLOSED_CONNECTION'
      if (early) resolve({ status: 431, headers: { 'x-request-id': 'unread' }, text: '' })
      else reject(new Error(`${method} ${path}: ${error.message}`, { cause: error }))
    })
    request.end(body)
  })
}

/** Whether the operation is still the one that is asked, so that its documented answers count. */
function isOwn(operation: DocumentedOperation, { own, method }: Draft): boolean {
  return own && (method === operation.method || (method === 'HEAD' && operation.method === 'GET'))
}

function judgeAnswer(operation: DocumentedOperation, draft: Draft, { status, headers, text }: Heard): void {
  const { method, path } = draft
  const own = isOwn(operation, draft)
  const about = `${method} ${path} (${operation.operationId}) → ${status} ${text.slice(0, 300)}`
  expect(headers['x-request-id'], about).toBeTruthy()
  // What the gateway says to be impossible here, or away, is an answer; that it failed is none.
  if (status >= 500)
    expect(own && operation.responses[String(status)] !== undefined && status !== 500, about).toBe(true)
  if (method === 'HEAD' || status === 304) return
  const isJson = headers['content-type']?.startsWith('application/json') === true
  const body: unknown = isJson ? JSON.parse(text) : undefined
  if (status >= 400) {
    expect(refusalComplaint(path, own, status, body), about).toBeUndefined()
    if (status === 429 || status === 503) expect(headers['retry-after'] ?? 'none', about).toMatch(/^(\d+|none)$/)
  }
  if (!own) return
  const type = headers['content-type'] ?? ''
  if (!type.startsWith('text/event-stream'))
    expect(judge.complaint(operation, status, type, body), about).toBeUndefined()
}

/**
 * What speaks OpenAI's protocol refuses in its form; what was refused before anybody knew that does in ours. A path that was changed
 * may still be one of theirs.
 */
function refusalComplaint(path: string, own: boolean, status: number, body: unknown): string | undefined {
  const ours = judge.refusalComplaint('ErrorEnvelope', body)
  if (!path.startsWith('/v1/') || status === 431) return ours
  const theirs = judge.refusalComplaint('OpenAiError', body)
  return own || ours !== undefined ? theirs : ours
}

/** Nothing here is about how many requests there are. */
const UNLIMITED = {
  config: { limits: { perTokenPerMinute: 1_000_000, perAddressPerMinute: 1_000_000, refusedPerMinute: 1_000_000 } },
}

test(`${RUNS} requests made from the document, most of them wrong, get documented answers and no failure`, {
  timeout: 600_000,
}, async () => {
  const gateway = await startGateway({ agentd: false, ...UNLIMITED })
  await startAgentd(gateway.folder)
  const draft = fc.tuple(fc.nat(judge.operations.length - 1), fc.array(harm, { minLength: 1, maxLength: 3 }))
  const statuses = new Map<number, number>()
  await fc.assert(
    fc.asyncProperty(draft, async ([place, harms]) => {
      const operation = judge.operations[place] as DocumentedOperation
      const asked = exampleOf(operation)
      for (const change of harms) change(asked)
      const heard = await send(gateway, asked)
      statuses.set(heard.status, (statuses.get(heard.status) ?? 0) + 1)
      judgeAnswer(operation, asked, heard)
    }),
    { numRuns: RUNS, endOnFailure: process.env.CASTELLAN_FUZZ === 'full' },
  )
  // That most is refused for what it is, and not by a limit, is what makes this worth running.
  expect(statuses.get(400) ?? 0).toBeGreaterThan(RUNS / 10)
  expect(statuses.get(429) ?? 0).toBeLessThan(RUNS / 10)
})

test('the example of every operation gets an answer that the document has for it', async () => {
  const gateway = await startGateway({ agentd: false, ...UNLIMITED })
  await startAgentd(gateway.folder)
  for (const operation of judge.operations) {
    const asked = exampleOf(operation)
    asked.headers['x-request-id'] = randomBytes(6).toString('hex')
    const heard = await send(gateway, asked)
    expect(heard.headers['x-request-id']).toBe(asked.headers['x-request-id'])
    judgeAnswer(operation, asked, heard)
  }
})
