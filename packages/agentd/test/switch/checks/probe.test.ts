import { createServer as createHttpServer, type RequestListener } from 'node:http'
import { type AddressInfo, createServer } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { Check } from '../../../src/switch/checks/check.ts'
import { probe, type Surroundings } from '../../../src/switch/checks/probe.ts'
import type { UnitState } from '../../../src/switch/checks/units.ts'

const nothing: Surroundings = { units: new Map(), restarts: new Map() }

const look = (check: Record<string, unknown>, around = nothing) =>
  probe(Check.parse({ name: 'it', ...check }), around, AbortSignal.timeout(120_000))

async function serve(listener: RequestListener): Promise<string> {
  const server = createHttpServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
}

it('looks whether somebody accepts a connection', async () => {
  const server = createServer((socket) => socket.end())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  expect(await look({ kind: 'tcp', port })).toBeNull()
  await new Promise((resolve) => server.close(resolve))
  expect(await look({ kind: 'tcp', port })).toBe(`port ${port} of 127.0.0.1: ECONNREFUSED`)
})

it('looks at the status of a page and at what it says, and follows no redirect', async () => {
  const url = await serve(({ url: path }, response) => {
    if (path === '/moved') response.writeHead(302, { location: '/' }).end()
    else if (path === '/sick') response.writeHead(503).end('sorry')
    else response.end('all is well')
  })
  expect(await look({ kind: 'http', url })).toBeNull()
  expect(await look({ kind: 'http', url, contains: 'is well' })).toBeNull()
  expect(await look({ kind: 'http', url, contains: 'is ill' })).toBe(`${url} does not contain the expected text`)
  expect(await look({ kind: 'http', url: `${url}sick` })).toBe(`${url}sick answers with status 503`)
  expect(await look({ kind: 'http', url: `${url}sick`, status: [503] })).toBeNull()
  expect(await look({ kind: 'http', url: `${url}moved` })).toBe(`${url}moved answers with status 302`)
})

it('gives up on a page that never answers, and reads no page without end', async () => {
  const url = await serve(({ url: path }, response) => {
    if (path !== '/endless') return
    const more = () => {
      while (response.write('x'.repeat(64 * 1024)));
      response.once('drain', more)
    }
    more()
  })
  expect(await look({ kind: 'http', url, timeoutSeconds: 1 })).toBe('no answer within 1 s')
  expect(await look({ kind: 'http', url: `${url}endless`, contains: 'y' })).toBe(
    `${url}endless does not contain the expected text`,
  )
})

it('runs a program, which has to end with 0 and in time', async () => {
  expect(await look({ kind: 'command', argv: ['/bin/sh', '-c', 'exit 0'] })).toBeNull()
  expect(await look({ kind: 'command', argv: ['/bin/sh', '-c', 'exit 7'] })).toBe('/bin/sh ended with exit code 7')
  expect(await look({ kind: 'command', argv: ['/bin/sh', '-c', 'sleep 60'], timeoutSeconds: 1 })).toBe(
    'no answer within 1 s',
  )
  expect(await look({ kind: 'command', argv: ['/nowhere/at-all'] })).toMatch(/nowhere/)
})

it('holds figures to their bounds: the host’s own, and those that a page shows', async () => {
  const url = await serve((_, response) =>
    response.end('# HELP x\nrequests_total{code="200"} 7 1700000000\nrequests_total{code="500"} 3.5\nup 1\n'),
  )
  const metric = (name: string) => ({ kind: 'metric', metric: { url, name } })
  expect(await look({ ...metric('up'), atLeast: 1 })).toBeNull()
  expect(await look({ ...metric('requests_total{code="500"}'), atMost: 3 })).toBe('it is 3.5, more than 3')
  expect(await look({ ...metric('requests_total{code="200"}'), atLeast: 8 })).toBe('it is 7, less than 8')
  expect(await look({ ...metric('requests'), atLeast: 0 })).toBe('there is no such figure')
  expect(await look({ kind: 'metric', metric: 'memory_available_percent', atLeast: 0, atMost: 100 })).toBeNull()
  expect(await look({ kind: 'metric', metric: 'root_available_percent', atLeast: 101 })).toMatch(/less than 101/)
  expect(await look({ kind: 'metric', metric: 'load_per_cpu', atLeast: 0 })).toBeNull()
})

it('looks at a unit: there, active, and not restarted again and again', async () => {
  const web: UnitState = {
    unit: 'web.service',
    loaded: true,
    activeState: 'active',
    subState: 'running',
    restarts: 0,
    result: 'success',
    forSeconds: 9,
  }
  const around = (state: Partial<UnitState>, restarts = 0): Surroundings => {
    return { units: new Map([[web.unit, { ...web, ...state }]]), restarts: new Map([[web.unit, restarts]]) }
  }
  expect(await look({ kind: 'unit', unit: 'web' }, around({}))).toBeNull()
  expect(await look({ kind: 'unit', unit: 'web' }, around({}, 1))).toBeNull()
  expect(await look({ kind: 'unit', unit: 'web' }, around({}, 2))).toBe('web.service was restarted 2 times')
  expect(await look({ kind: 'unit', unit: 'web', maxRestarts: 2 }, around({}, 2))).toBeNull()
  expect(await look({ kind: 'unit', unit: 'web' }, around({ activeState: 'failed', subState: 'failed' }))).toBe(
    'web.service is failed (failed)',
  )
  expect(await look({ kind: 'unit', unit: 'other' }, around({}))).toBe('other.service is not there')
})

it('is given up when the switch is', async () => {
  const url = await serve(() => undefined)
  const giveUp = new AbortController()
  const looking = probe(Check.parse({ kind: 'http', name: 'it', url }), nothing, giveUp.signal)
  giveUp.abort(new Error('taken back'))
  await expect(looking).rejects.toThrow('taken back')
})
