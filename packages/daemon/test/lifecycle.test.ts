import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder, until } from '@castellan/testing'
import { expect, onTestFinished, test } from 'vitest'

const fixture = join(import.meta.dirname, 'fixtures', 'process.ts')

interface Started {
  readonly child: ChildProcess
  readonly lines: () => { msg: string; greeting?: string; err?: { message: string } }[]
  readonly exited: Promise<number | null>
  said(message: string): Promise<unknown>
}

function start(env: Record<string, string> = {}, args: string[] = []): Started {
  const child = spawn(process.execPath, ['--conditions=source', fixture, ...args], {
    env: { PATH: process.env.PATH, ...env },
    stdio: ['pipe', 'ignore', 'pipe'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  let text = ''
  child.stderr?.setEncoding('utf8').on('data', (chunk) => {
    text += chunk
  })
  const exited = new Promise<number | null>((resolve) => child.once('close', resolve))
  const lines = () =>
    text
      .split('\n')
      .filter((line) => line.startsWith('{') && line.endsWith('}'))
      .map((line) => JSON.parse(line))
  const said = (message: string) => until(message, () => lines().find(({ msg }) => msg === message))
  return { child, lines, exited, said }
}

test.each(['SIGTERM', 'SIGINT'] as const)('%s stops it in order, with exit code 0', async (signal) => {
  const { child, exited, said, lines } = start()
  await said('started')
  child.kill(signal)
  expect(await exited).toBe(0)
  expect(
    lines()
      .map(({ msg }) => msg)
      .slice(-3),
  ).toEqual(['stopping', 'the signal was aborted', 'stopped'])
})

test('what does not drain in time is cut off with exit code 70, and said', async () => {
  const { child, exited, said, lines } = start({ CASTELLAN_MISBEHAVIOUR: 'never-stops' })
  await said('started')
  const begun = performance.now()
  child.kill('SIGTERM')
  expect(await exited).toBe(70)
  expect(performance.now() - begun).toBeGreaterThan(4900)
  expect(lines().at(-1)?.msg).toContain('not drained after 5000 ms')
})

test('a second signal ends it at once', async () => {
  const { child, exited, said } = start({ CASTELLAN_MISBEHAVIOUR: 'never-stops' })
  await said('started')
  child.kill('SIGTERM')
  await said('stopping')
  child.kill('SIGTERM')
  expect(await exited).toBe(70)
})

test.each([
  ['throws', 'out of the blue'],
  ['rejects', 'nobody listened'],
  ['start-fails', 'no start today'],
])('an error nobody caught (%s) is logged and fatal', async (misbehaviour, message) => {
  const { exited, lines } = start({ CASTELLAN_MISBEHAVIOUR: misbehaviour })
  expect(await exited).toBe(1)
  expect(lines().at(-1)).toMatchObject({ level: 60, err: { message } })
})

test('a stop that fails is not a clean one', async () => {
  const { child, exited, said } = start({ CASTELLAN_MISBEHAVIOUR: 'stop-fails' })
  await said('started')
  child.kill('SIGTERM')
  expect(await exited).toBe(1)
})

test('a part that cannot go on may ask for the end with an exit code of its own', async () => {
  expect(await start({ CASTELLAN_MISBEHAVIOUR: 'gives-up' }).exited).toBe(3)
})

test('a configuration that is not usable ends it with exit code 78 and every problem in one line', async () => {
  const { exited, lines } = start({ CASTELLAN_GREETIN: 'x' })
  expect(await exited).toBe(78)
  expect(lines().at(-1)?.msg).toContain('CASTELLAN_GREETIN is not known. Did you mean CASTELLAN_GREETING?')
})

test('only --config is an argument', async () => {
  const { exited, lines } = start({}, ['--confg', 'x'])
  expect(await exited).toBe(78)
  expect(lines().at(-1)?.msg).toContain('Did you mean --config?')
})

test('SIGHUP reloads; a broken configuration changes nothing', async () => {
  const file = join(temporaryFolder(), 'config.json')
  writeFileSync(file, '{"greeting":"one"}')
  const { child, said, lines, exited } = start({}, ['--config', file])
  await said('started')
  writeFileSync(file, '{"greeting":"two"}')
  child.kill('SIGHUP')
  await said('configuration reloaded')
  expect(lines().find(({ msg }) => msg === 'reloaded')?.greeting).toBe('two')
  writeFileSync(file, '{"greeting":')
  child.kill('SIGHUP')
  await said('the configuration was not reloaded; the old one stays in force')
  child.kill('SIGTERM')
  expect(await exited).toBe(0)
})

test('under a supervisor the end of standard input is the end', async () => {
  const { child, exited, said, lines } = start({ CASTELLAN_SUPERVISED: '1' })
  await said('started')
  child.stdin?.end()
  expect(await exited).toBe(0)
  expect(lines().some(({ msg }) => msg === 'stopping')).toBe(true)
})

test('without one, standard input means nothing', async () => {
  const { child, said, exited } = start()
  child.stdin?.end()
  await said('started')
  child.kill('SIGTERM')
  expect(await exited).toBe(0)
})

test('systemd is told that it is ready and goes on living, and what it starts cannot speak for it', async () => {
  const folder = temporaryFolder()
  const words = join(folder, 'words')
  writeFileSync(join(folder, 'systemd-notify'), `#!/bin/sh\necho "$NOTIFY_SOCKET $*" >> ${words}\n`, { mode: 0o755 })
  const { child, exited, said, lines } = start({
    PATH: `${folder}:${process.env.PATH}`,
    NOTIFY_SOCKET: '/run/systemd/notify',
    WATCHDOG_USEC: '150000',
    CASTELLAN_MISBEHAVIOUR: 'tells-its-environment',
  })
  await said('started')
  const heard = await until('the watchdog is fed twice', () => {
    const text = existsSync(words) ? readFileSync(words, 'utf8') : ''
    return text.split('WATCHDOG=1').length > 2 && text
  })
  expect(heard.split('\n')[0]).toBe('/run/systemd/notify READY=1')
  expect(heard).toContain('/run/systemd/notify WATCHDOG=1')
  child.kill('SIGTERM')
  expect(await exited).toBe(0)
  expect(lines().find(({ msg }) => msg === 'environment')).toMatchObject({
    names: expect.not.arrayContaining(['NOTIFY_SOCKET']),
  })
})

test('a watchdog that is meant for another process is not fed, and one who cannot be told does not end it', async () => {
  const { child, exited, said } = start({
    PATH: temporaryFolder(),
    NOTIFY_SOCKET: '/run/systemd/notify',
    WATCHDOG_USEC: '150000',
    WATCHDOG_PID: '1',
  })
  await said('systemd could not be told')
  child.kill('SIGTERM')
  expect(await exited).toBe(0)
})
