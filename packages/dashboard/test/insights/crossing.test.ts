import { describe, expect, test } from 'vitest'
import type { Entry } from '../../src/entries/entry.ts'
import { crossingOf, refusalOf } from '../../src/insights/crossing.ts'
import { dollars, fateOf, hostOf, isHere } from '../../src/insights/views.ts'

const entry = (index: number, type: string, rest: Record<string, unknown>) =>
  ({ v: 1, index, time: 1000 + index, prev: '', type, actor: { kind: 'system', name: 'airlock' }, ...rest }) as Entry

describe('a request', () => {
  const begun = entry(5, 'egress_request', {
    facts: {
      purpose: 'engine.anthropic',
      host: 'api.anthropic.com',
      method: 'POST',
      bytes: 42,
      redacted: 'email,iban',
    },
  })

  test('is told by its two entries', () => {
    const ended = entry(6, 'egress_ended', {
      ...{ target: 5, ok: true, duration_ms: 12 },
      facts: { bytes: 99, status: 200, address: '192.0.2.1' },
    })
    expect(crossingOf(begun, ended)).toEqual({
      ...{
        index: 5,
        at: 1005,
        kind: 'request',
        host: 'api.anthropic.com',
        purpose: 'engine.anthropic',
        method: 'POST',
      },
      ...{ out: 42, back: 99, status: 200, durationMs: 12, code: null, found: ['email', 'iban'], secrets: [] },
      ...{ viaTor: false, here: false },
    })
  })

  test('that has no end yet says what is known', () => {
    expect(crossingOf(begun, undefined)).toMatchObject({ out: 42, back: null, status: null, durationMs: null })
  })

  test('to a program on this machine did not leave, by its name or by the address that was connected to', () => {
    const named = entry(7, 'egress_request', { facts: { host: 'localhost', bytes: 1 } })
    const reached = entry(8, 'egress_ended', { target: 5, facts: { bytes: 1, address: '127.0.0.1' } })
    expect([crossingOf(named, undefined).here, crossingOf(begun, reached).here]).toEqual([true, true])
  })

  test('in a tunnel has the bytes of both ways, once it is closed', () => {
    const opened = entry(9, 'egress_tunnel_opened', { facts: { host: 'a.example', purpose: 'engine.claude-code' } })
    const closed = entry(10, 'egress_tunnel_closed', { target: 9, facts: { bytes: 7 } })
    expect(crossingOf(opened, closed)).toMatchObject({ kind: 'tunnel', out: 7, back: null })
    expect(crossingOf(opened, undefined)).toMatchObject({ kind: 'tunnel', out: null })
  })
})

test('a refusal says why and what was seen, and perhaps not where to', () => {
  const refused = entry(3, 'egress_refused', { ok: false, code: 'egress_leak', facts: { found: 'credential:x:body' } })
  expect(refusalOf(refused)).toMatchObject({
    kind: 'refused',
    host: null,
    code: 'egress_leak',
    found: ['credential:x:body'],
  })
})

test.each([
  ['localhost', true],
  ['app.localhost', true],
  ['127.0.0.1', true],
  ['127.1.2.3', true],
  ['::1', true],
  ['[::1]', true],
  ['::ffff:127.0.0.1', true],
  ['localhost.example.org', false],
  ['127.0.0.1.example.org', false],
  ['notlocalhost', false],
  ['192.168.1.1', false],
  ['', false],
])('%s is this machine: %s', (host, is) => {
  expect(isHere(host)).toBe(is)
})

test('where an exchange went, and how far it came', () => {
  const url = 'https://api.anthropic.com/v1/messages'
  const of = (left: boolean | null, at: string | null = url, engine = 'anthropic') =>
    fateOf({ url: at, left, engine } as Parameters<typeof fateOf>[0])
  expect([of(true), of(false), of(null), of(false, null), of(true, url, 'claude-code')]).toEqual([
    ...['left', 'held', 'unknown', 'here', 'program'],
  ])
  expect(of(true, 'http://localhost:11434/v1')).toBe('near')
  expect([hostOf({ url }), hostOf({ url: null }), hostOf({ url: 'http://nas:8080/x' })]).toEqual([
    ...['api.anthropic.com', null, 'nas:8080'],
  ])
})

test.each([
  [0, '$0.00'],
  [0.0027, '$0.0027'],
  [0.0000004, '$0.000000'],
  [0.5, '$0.50'],
  [12.345, '$12.35'],
])('%d dollars are %s', (cost, text) => {
  expect(dollars(cost)).toBe(text)
})
