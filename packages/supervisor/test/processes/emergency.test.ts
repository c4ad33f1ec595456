import { join } from 'node:path'
import { type Freeze, newId } from '@castellan/contracts'
import { Latch } from '@castellan/daemon'
import { temporaryFolder, until } from '@castellan/testing'
import { expect, onTestFinished, test } from 'vitest'
import { Child } from '../../src/processes/child.ts'
import { EmergencyHold } from '../../src/processes/emergency.ts'

const fixture = join(import.meta.dirname, '..', 'fixtures', 'process.ts')
const soon = () => AbortSignal.timeout(120_000)
const freeze = (level: Freeze['level']): Freeze => {
  return { id: newId('frz'), level, at: new Date().toISOString(), reason: '' }
}

/** An engine and a gateway, as far as the supervisor is concerned, over a state folder that may be frozen. */
async function start(state: string) {
  const make = (name: 'engine' | 'gateway') => {
    const folder = temporaryFolder()
    const socketPath = join(folder, 'a.sock')
    const child = new Child(
      {
        name,
        command: process.execPath,
        args: ['--conditions=source', fixture],
        env: { PATH: process.env.PATH, SOCKET: socketPath },
        logFile: join(folder, 'log'),
        health: { socketPath },
        required: false,
      },
      { onEnd: () => undefined, onRestarted: () => undefined },
    )
    onTestFinished(() => child.kill())
    return child
  }
  const [engine, gateway] = [make('engine'), make('gateway')]
  const said: string[] = []
  const hold = new EmergencyHold({
    latch: new Latch(state),
    held: [engine],
    renewed: [gateway],
    say: (text) => said.push(text),
  })
  await hold.begin()
  onTestFinished(() => hold.end())
  for (const child of [engine, gateway]) child.start()
  return { engine, gateway, hold, said }
}

test('the engine is stopped while agents are frozen, and started when they are thawed', async () => {
  const state = temporaryFolder()
  const { engine, gateway, said } = await start(state)
  await Promise.all([engine.ready(soon()), gateway.ready(soon())])
  const gatewayPid = gateway.pid
  const latch = new Latch(state)
  await latch.set(freeze(1))
  await until('the engine is gone', () => engine.pid === undefined)
  expect(gateway.pid).toBe(gatewayPid)
  await latch.clear('')
  expect(await engine.ready(soon())).toBe(true)
  expect(said.join('\n')).toMatch(/frozen \(level 1\)[\s\S]*may act again/)
})

test('one that dies while it is held, or is killed after it was released, is treated as it should be', async () => {
  const state = temporaryFolder()
  const { engine } = await start(state)
  await engine.ready(soon())
  const latch = new Latch(state)
  await latch.set(freeze(1))
  process.kill(engine.pid as number, 'SIGKILL')
  await until('the engine is gone', () => engine.pid === undefined)
  await latch.clear('')
  await until('it is back', () => engine.pid !== undefined)
  await engine.ready(soon())
  process.kill(engine.pid as number, 'SIGKILL')
  await until('it is back again', () => engine.pid !== undefined)
})

test('what is frozen at the start is not started, and stays so', async () => {
  const state = temporaryFolder()
  const latch = new Latch(state)
  await latch.set(freeze(1))
  const { engine, gateway } = await start(state)
  await gateway.ready(soon())
  expect(engine.pid).toBeUndefined()
  await latch.clear('')
  expect(await engine.ready(soon())).toBe(true)
})

test('from level 2 on the gateway is another process, once', async () => {
  const state = temporaryFolder()
  const { engine, gateway } = await start(state)
  await Promise.all([engine.ready(soon()), gateway.ready(soon())])
  const before = gateway.pid
  await new Latch(state).set(freeze(2))
  await until('the gateway is another', () => gateway.pid !== undefined && gateway.pid !== before)
  await gateway.ready(soon())
  expect(engine.pid).toBeUndefined()
})

test('nothing is released any more once the supervisor stops', async () => {
  const state = temporaryFolder()
  const latch = new Latch(state)
  await latch.set(freeze(1))
  const { engine, hold } = await start(state)
  await hold.end()
  await engine.stop(5000)
  engine.release()
  expect(engine.pid).toBeUndefined()
})
