import { describe, expect, test } from 'vitest'
import { refusal } from '../support/airlock.ts'
import { searching } from '../support/searx.ts'
import { startTor, type TorOptions } from '../support/tor.ts'

async function overTor(options: TorOptions = {}, change: object = {}) {
  const tor = await startTor(options)
  const { socks, control, cookieFile } = tor
  return { tor, ...(await searching({ tor: { socks, control, cookieFile, ...change } })) }
}

describe('a search over Tor', () => {
  test('goes by a circuit of its own that Tor says stands, and nobody here looks the name up', async () => {
    const { ask, tor, lock, upstream } = await overTor()
    const answers = [await ask({ query: 'one' }), await ask({ query: 'two' })]
    expect(answers.map(({ via, results }) => [via, results.length])).toEqual([
      ['tor', 2],
      ['tor', 2],
    ])
    expect(tor.asked.map(({ target }) => target)).toEqual([
      `searx.test:${upstream.port}`,
      `searx.test:${upstream.port}`,
    ])
    expect(new Set(tor.asked.map(({ username }) => username)).size).toBe(2)
    expect(lock.names.asked).toEqual({})
    expect(upstream.requests.map(({ servername }) => servername)).toEqual(['searx.test', 'searx.test'])
    expect(lock.ledger.of('egress_request').map(({ via }) => via)).toEqual(['tor', 'tor'])
  })

  const lies: [string, TorOptions][] = [
    ['is not there', { circuit: () => undefined }],
    ['is not built yet', { circuit: (line) => line.replace('BUILT', 'EXTENDED') }],
    ['has fewer than three relays', { circuit: (line) => line.replace(/,\$C+~c/, '') }],
    [
      'was made for somebody else',
      { circuit: (line) => line.replace(/SOCKS_USERNAME="[^"]+"/, 'SOCKS_USERNAME="other"') },
    ],
    ['serves another purpose', { circuit: (line) => line.replace('PURPOSE=GENERAL', 'PURPOSE=HS_SERVICE_INTRO') }],
    ['carries another connection', { stream: (line) => line.replace('searx.test', 'other.test') }],
    ['is not that of the connection', { stream: (line) => line.replace(/SUCCEEDED \d+/, 'SUCCEEDED 99') }],
    ['has no stream that stands', { stream: (line) => line.replace('SUCCEEDED', 'SENTCONNECT') }],
  ]
  test.each(lies)('sends nothing where its circuit %s', async (_what, options) => {
    const { ask, upstream } = await overTor(options)
    expect(await refusal(ask({ query: 'x' }))).toMatchObject({
      code: 'egress_failed',
      message: expect.stringContaining('Nothing was sent over Tor'),
      detail: { sent: false },
    })
    expect(upstream.requests).toEqual([])
  })

  test('sends nothing where Tor does not let it in, refuses the connection, or is not there', async () => {
    const wrong = await overTor({}, { cookieFile: '/dev/null' })
    expect((await refusal(wrong.ask({ query: 'x' }))).message).toContain('control port refuses AUTHENTICATE')
    const missing = await overTor({}, { cookieFile: '/nonexistent/cookie' })
    expect((await refusal(missing.ask({ query: 'x' }))).message).toContain('cannot be read (ENOENT)')
    const refused = await overTor({ refuse: 4 })
    expect((await refusal(refused.ask({ query: 'x' }))).message).toContain('the host cannot be reached')
    const gone = await overTor({}, { socks: '127.0.0.1:1' })
    expect((await refusal(gone.ask({ query: 'x' }))).message).toContain('Tor does not answer')
    const deaf = await overTor({}, { control: '127.0.0.1:1' })
    expect((await refusal(deaf.ask({ query: 'x' }))).message).toContain('control port does not answer')
    for (const { upstream } of [wrong, missing, refused, gone, deaf]) expect(upstream.requests).toEqual([])
  })

  test('is not configured without a way to ask Tor', async () => {
    const tor = { socks: '127.0.0.1:9050', control: '127.0.0.1:9051' }
    await expect(searching({ tor })).rejects.toThrow('cookieFile or passwordFile')
    await expect(searching({ tor: { ...tor, socks: '10.0.0.1:9050', cookieFile: '/x' } })).rejects.toThrow(
      'this machine',
    )
  })
})
