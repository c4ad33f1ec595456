import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder, until } from '@castellan/testing'
import { expect, onTestFinished, test } from 'vitest'
import { Child, type Ending } from '../../src/processes/child.ts'
import type { ProcessDefinition } from '../../src/processes/definition.ts'

const fixture = join(import.meta.dirname, '..', 'fixtures', 'process.ts')

/** A real process on a socket of its own, that behaves as its environment says. */
function start(env: Record<string, string> = {}, required = true) {
  const folder = temporaryFolder()
  const socketPath = join(folder, 'a.sock')
  const definition: ProcessDefinition = {
    name: 'agentd',
    command: process.execPath,
    args: ['--conditions=source', fixture],
    env: { PATH: process.env.PATH, SOCKET: socketPath, ...env },
    logFile: join(folder, 'agentd.log'),
    health: { socketPath },
    required,
  }
  const endings: Ending[] = []
  let restarts = 0
  const child = new Child(definition, {
    onEnd: (ending) => endings.push(ending),
    onRestarted: () => {
      restarts += 1
    },
  })
  onTestFinished(() => child.kill())
  child.start()
  return { child, definition, endings, restarts: () => restarts }
}

const soon = () => AbortSignal.timeout(120_000)

test('it is ready once its health route answers, and stops when asked', async () => {
  const { child, definition, endings } = start()
  expect(await child.ready(soon())).toBe(true)
  expect(await child.stop(5000)).toBe('stopped')
  expect(endings).toEqual([])
  expect(readFileSync(definition.logFile, 'utf8')).toContain('"msg":"stopped"')
})

test('one that dies is started again, and its last words are told', async () => {
  const { child, endings, restarts } = start()
  await child.ready(soon())
  process.kill(child.pid as number, 'SIGKILL')
  await until('it was started again', restarts)
  expect(endings).toEqual([
    { how: 'signal SIGKILL', configInvalid: false, lastWords: undefined, final: false, restartInMs: 250 },
  ])
  expect(await child.ready(soon())).toBe(true)
})

test('pauses grow with each failure in a row', async () => {
  const { endings } = start({ BEHAVIOUR: 'exit' }, false)
  await until('three endings', () => endings.length >= 3)
  expect(endings.slice(0, 3).map(({ restartInMs }) => restartInMs)).toEqual([250, 500, 1000])
  expect(endings[0]).toMatchObject({ how: 'exit code 1', lastWords: 'could not find my hat: it is gone' })
})

test('one that is needed and never becomes ready is given up after three attempts', async () => {
  const { child, endings } = start({ BEHAVIOUR: 'exit' })
  expect(await child.ready(soon())).toBe(false)
  expect(endings).toHaveLength(3)
  expect(child.gaveUp).toMatchObject({ final: true, lastWords: 'could not find my hat: it is gone' })
})

test('one that refuses its configuration is not tried again', async () => {
  const { child, endings } = start({ BEHAVIOUR: 'config' })
  expect(await child.ready(soon())).toBe(false)
  expect(endings).toEqual([{ how: 'exit code 78', configInvalid: true, lastWords: 'bad config', final: true }])
})

test('one that does not stop in time is killed', async () => {
  const { child } = start({ BEHAVIOUR: 'deaf' })
  await child.ready(soon())
  expect(await child.stop(100)).toBe('killed')
})
