import { existsSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder } from '@castellan/testing'
import { expect, test } from 'vitest'
import { lastWords, rotateLog } from '../../src/processes/log-file.ts'

const line = (level: number, msg: string, err?: string): string =>
  `${JSON.stringify({ level, msg, ...(err === undefined ? {} : { err: { message: err } }) })}\n`

test('the last error is what a process said, not the chatter after it', () => {
  const file = join(temporaryFolder(), 'x.log')
  writeFileSync(file, line(30, 'fine') + line(60, 'could not start', 'no disk') + line(30, 'bye'))
  expect(lastWords(file, 0)).toBe('could not start: no disk')
})

test('what an earlier run said does not count', () => {
  const file = join(temporaryFolder(), 'x.log')
  writeFileSync(file, line(60, 'old trouble'))
  expect(lastWords(file, statSync(file).size)).toBeUndefined()
})

test('Node’s own complaint counts, without tokens', () => {
  const file = join(temporaryFolder(), 'x.log')
  writeFileSync(file, `SyntaxError: cst_${'x'.repeat(43)} is not defined\n\nNode.js v24\n`)
  expect(lastWords(file, 0)).toBe('SyntaxError: [redacted] is not defined')
})

test('a large log is set aside, three of them are kept', () => {
  const file = join(temporaryFolder(), 'x.log')
  for (let run = 1; run <= 5; run += 1) {
    writeFileSync(file, `run ${run}\n`)
    truncateSync(file, 9 * 1024 * 1024)
    rotateLog(file)
  }
  expect(existsSync(file)).toBe(false)
  expect([1, 2, 3].map((number) => readFileSync(`${file}.${number}`, 'utf8').slice(0, 5))).toEqual([
    'run 5',
    'run 4',
    'run 3',
  ])
  expect(existsSync(`${file}.4`)).toBe(false)
})

test('a small log goes on', () => {
  const file = join(temporaryFolder(), 'x.log')
  writeFileSync(file, 'small')
  rotateLog(file)
  expect(readFileSync(file, 'utf8')).toBe('small')
})
