import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { basename } from 'node:path'
import { requires } from '@castellan/testing'
import { expect, onTestFinished, test } from 'vitest'
import { claimPort, findListener } from '../src/port.ts'

async function occupy(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return (server.address() as AddressInfo).port
}

test('a taken port is refused with who has it and how to go on', async () => {
  const port = await occupy()
  await expect(claimPort(port)).rejects.toMatchObject({
    code: 'port_in_use',
    message: expect.stringMatching(
      new RegExp(`^Port ${port} is taken by .+ \\(process ${process.pid}\\)\\. .*--port ${port + 1}`),
    ),
    detail: { port, pid: process.pid },
  })
})

test('a Node program is named by its file, not by the name Node gives its first thread', async () => {
  const listen =
    'const s = require("node:net").createServer().listen(0, "127.0.0.1", () => console.log(s.address().port))'
  const child = spawn(process.execPath, ['-e', listen], { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  const [line] = await once(child.stdout, 'data')
  expect(findListener(Number(line))).toEqual({ pid: child.pid, program: basename(process.execPath) })
})

test('a free port stays free for whoever asked', async () => {
  const port = await claimPort(0)
  // The system gives out none of these to whoever asks for any.
  expect(port).toBeGreaterThanOrEqual(20_000)
  expect(port).toBeLessThan(32_768)
  expect(await claimPort(port)).toBe(port)
})

test('nobody is found on a port nobody listens on', async () => {
  expect(findListener(await claimPort(0))).toBeUndefined()
})

requires
  .that(process.getuid?.() !== 0, 'needs a user other than root, to whom low ports are closed')
  .test('a port that is reserved for root is refused with another one', async () => {
    await expect(claimPort(1)).rejects.toMatchObject({ code: 'config_invalid' })
  })
