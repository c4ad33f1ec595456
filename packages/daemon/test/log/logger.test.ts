import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { CastellanError } from '@castellan/contracts'
import { temporaryFolder } from '@castellan/testing'
import { expect, test } from 'vitest'
import { createLogger, type Log } from '../../src/index.ts'

const TOKEN = `cst_${'Ab3-_'.repeat(9).slice(0, 43)}`

function logged(write: (log: Log) => void): { lines: Record<string, unknown>[]; text: string; file: string } {
  const file = join(temporaryFolder(), 'x.log')
  write(createLogger({ name: 'test', level: 'debug', file }))
  const text = readFileSync(file, 'utf8')
  return {
    text,
    file,
    lines: text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line)),
  }
}

test('each line is one JSON object with the name of the process', () => {
  const { lines, file } = logged((log) => log.info({ socket: '/run/a.sock' }, 'listening'))
  expect(lines).toEqual([
    expect.objectContaining({ name: 'test', pid: process.pid, socket: '/run/a.sock', msg: 'listening' }),
  ])
  expect(statSync(file).mode & 0o777).toBe(0o600)
})

test('what stands under the key of a secret is withheld, however deep', () => {
  const { text, lines } = logged((log) =>
    log.info({
      headers: { authorization: 'hunter2', cookie: 'hunter2' },
      a: [{ apiKey: 'hunter2', password: 'hunter2' }],
      ownerToken: 'hunter2',
    }),
  )
  expect(text).not.toContain('hunter2')
  expect(lines[0]).toMatchObject({
    headers: { authorization: '[redacted]', cookie: '[redacted]' },
    ownerToken: '[redacted]',
  })
})

test('what only sounds like a secret is kept', () => {
  const { lines } = logged((log) => log.info({ tokenFile: '/s/token', maxTokens: 12, promptTokens: 3, key: 'name' }))
  expect(lines[0]).toMatchObject({ tokenFile: '/s/token', maxTokens: 12, promptTokens: 3, key: 'name' })
})

test('a token is withheld wherever it stands: message, value, bindings, error', () => {
  const { text } = logged((log) => {
    log.info(`token ${TOKEN} in a message`)
    log.info({ url: `http://x/?t=${TOKEN}` })
    log.child({ seen: TOKEN }).warn('from a child')
    log.error({ err: new CastellanError('internal', `failed with ${TOKEN}`, { detail: { password: 'hunter2' } }) })
    log.info({ header: 'Bearer abcdefghijklmnop' })
  })
  expect(text).not.toContain(TOKEN)
  expect(text).not.toContain('hunter2')
  expect(text).not.toContain('abcdefghijklmnop')
  expect(text.match(/\[redacted\]/g)?.length).toBeGreaterThanOrEqual(5)
})

test('lines below the level are not written', () => {
  const { lines } = logged((log) => {
    log.trace('hidden')
    log.debug('shown')
  })
  expect(lines.map(({ msg }) => msg)).toEqual(['shown'])
})
