import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { temporaryFolder } from '@castellan/testing'
import { expect, onTestFinished, test } from 'vitest'
import { listenOnSocket, type SocketFile } from '../../src/server/socket-file.ts'

async function listen(file: SocketFile) {
  const server = createServer()
  await listenOnSocket(server, file)
  onTestFinished(() => void server.close())
  return server
}

test.each([
  [0o600, 0o700],
  [0o660, 0o750],
] as const)('a socket has mode %o in a folder of mode %o', async (mode, folderMode) => {
  const path = join(temporaryFolder(), 'run', 'a.sock')
  await listen({ path, mode, folderMode })
  expect(statSync(path).mode & 0o777).toBe(mode)
  expect(statSync(join(path, '..')).mode & 0o777).toBe(folderMode)
})

test('the socket of a process that was killed is replaced', async () => {
  const path = join(temporaryFolder(), 'a.sock')
  const script = `require('node:net').createServer().listen(${JSON.stringify(path)}, () => console.log('listening'))`
  const other = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'ignore'] })
  await once(other.stdout, 'data')
  await expect(listen({ path, mode: 0o600 })).rejects.toMatchObject({
    code: 'socket_in_use',
    message: expect.stringContaining(path),
  })
  other.kill('SIGKILL')
  await new Promise((resolve) => other.once('exit', resolve))
  expect(existsSync(path)).toBe(true)
  await listen({ path, mode: 0o600 })
})

test('a file that is no socket is refused and left alone', async () => {
  const path = join(temporaryFolder(), 'a.sock')
  writeFileSync(path, 'precious')
  await expect(listen({ path, mode: 0o600 })).rejects.toMatchObject({ code: 'socket_in_use' })
  expect(statSync(path).isFile()).toBe(true)
})

test('a folder anybody may write to is refused', async () => {
  const folder = join(temporaryFolder(), 'open')
  mkdirSync(folder)
  chmodSync(folder, 0o777)
  await expect(listen({ path: join(folder, 'a.sock'), mode: 0o600 })).rejects.toMatchObject({ code: 'config_invalid' })
})

test('a path longer than the system takes is refused with the limit', async () => {
  const path = join(temporaryFolder(), 'x'.repeat(120))
  await expect(listen({ path, mode: 0o600 })).rejects.toMatchObject({
    code: 'config_invalid',
    message: expect.stringContaining('107 bytes'),
  })
})

test('closing takes the socket file away', async () => {
  const path = join(temporaryFolder(), 'a.sock')
  const server = await listen({ path, mode: 0o600 })
  await new Promise((resolve) => server.close(resolve))
  expect(existsSync(path)).toBe(false)
})
