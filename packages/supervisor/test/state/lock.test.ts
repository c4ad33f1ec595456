import { spawn } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder } from '@castellan/testing'
import { expect, test } from 'vitest'
import { takeLock } from '../../src/state/lock.ts'

const contender = join(import.meta.dirname, '..', 'fixtures', 'contender.ts')

/** Starts a process that takes the lock, says so, and holds it until its standard input ends. */
async function contend(file: string) {
  const child = spawn(process.execPath, ['--conditions=source', contender, file], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const exited = new Promise((resolve) => child.once('exit', resolve))
  const word = await new Promise<string>((resolve) =>
    child.stdout.once('data', (chunk) => resolve(String(chunk).trim())),
  )
  return { child, word, exited }
}

test('a lock that is held is respected, with the holder’s number and how to go on', async () => {
  const file = join(temporaryFolder(), 'lock')
  const other = await contend(file)
  expect(other.word).toBe('taken')
  expect(() => takeLock(file, '/the/state')).toThrow(
    expect.objectContaining({
      code: 'state_locked',
      message: expect.stringMatching(new RegExp(`/the/state \\(process ${other.child.pid}\\).*--state DIR`)),
    }),
  )
  other.child.stdin.end()
  await other.exited
  takeLock(file, '/the/state').release()
  expect(existsSync(file)).toBe(false)
})

test('the lock of a process that was killed is taken over', async () => {
  const file = join(temporaryFolder(), 'lock')
  const other = await contend(file)
  other.child.kill('SIGKILL')
  await other.exited
  expect(existsSync(file)).toBe(true)
  takeLock(file, '/s').release()
})

test('a process that only has the same number as the holder does not hold the lock', () => {
  const folder = temporaryFolder()
  const file = join(folder, 'lock')
  takeLock(file, '/s')
  const self = JSON.parse(readFileSync(file, 'utf8'))
  writeFileSync(file, JSON.stringify({ ...self, startTicks: String(Number(self.startTicks) - 1) }))
  expect(() => takeLock(file, '/s')).not.toThrow()
  expect(readdirSync(folder)).toEqual(['lock'])
})

test('a lock that makes no sense is replaced', () => {
  const file = join(temporaryFolder(), 'lock')
  writeFileSync(file, '')
  takeLock(file, '/s').release()
})

test('of many that start at once over a dead holder’s lock, exactly one gets it', async () => {
  const file = join(temporaryFolder(), 'lock')
  const dead = await contend(file)
  dead.child.kill('SIGKILL')
  await dead.exited
  const contenders = await Promise.all(Array.from({ length: 6 }, () => contend(file)))
  expect(contenders.map(({ word }) => word).sort()).toEqual([...Array(5).fill('state_locked'), 'taken'])
  for (const { child } of contenders) child.stdin.end()
  await Promise.all(contenders.map(({ exited }) => exited))
})
