import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { EngineEvent, EngineHealth } from '@castellan/contracts'
import { UnixClient } from '@castellan/daemon'
import { afterEach, describe, expect, it } from 'vitest'
import { writeSyntheticModel } from './support/synthetic-model.ts'
import { tempFolder } from './support/temp.ts'

const folder = tempFolder()
const main = fileURLToPath(new URL('../src/main.ts', import.meta.url))
const endless = join(folder, 'endless.gguf')
writeSyntheticModel(endless, { chain: { '\n': { H: 1 }, H: { H: 1 } }, contextTokens: 32_768 })

const children: ChildProcess[] = []
afterEach(async () => {
  for (const child of children.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
})

interface Started {
  readonly child: ChildProcess
  readonly client: UnixClient
  readonly health: () => Promise<EngineHealth>
}

let sockets = 0
async function started(model: string): Promise<Started> {
  const engineSocket = join(folder, 'run', `${sockets++}.sock`)
  const env = {
    PATH: process.env.PATH,
    CASTELLAN_ENGINE_SOCKET: engineSocket,
    CASTELLAN_MODEL: model,
    CASTELLAN_CONTEXT_TOKENS: '32768',
    CASTELLAN_THREADS: '1',
  }
  const child = spawn(process.execPath, ['--conditions=source', main], { env, stdio: 'ignore' })
  children.push(child)
  const client = new UnixClient({ socketPath: engineSocket, unavailable: 'engine_unavailable', peer: 'engine' })
  const health = (): Promise<EngineHealth> => client.request('GET', '/v1/health', { schema: EngineHealth })
  await expect
    .poll(
      () =>
        health().then(
          ({ state }) => state,
          () => 'absent',
        ),
      { timeout: 120_000 },
    )
    .toMatch(/ready|failed/)
  return { child, client, health }
}

const request = { messages: [{ role: 'user', text: 'go on' }], tools: [], maxTokens: 16_000, temperature: 0 }
const complete = (client: UnixClient, signal?: AbortSignal) =>
  client.stream('POST', '/v1/complete', {
    body: request,
    schema: EngineEvent,
    ...(signal === undefined ? {} : { signal }),
  })

describe('the engine process', () => {
  it('streams over its socket, and frees the slots of clients that go away', async () => {
    const { client, health } = await started(endless)
    // More than there are slots and places in the line, if a slot were ever lost.
    for (let round = 0; round < 20; round++) {
      for await (const event of complete(client)) {
        expect(event).toMatchObject({ type: 'text' })
        break
      }
    }
    await expect.poll(() => health().then(({ busy }) => busy)).toBe(0)
  })

  it('cuts the stream detectably when it is killed', async () => {
    const { child, client } = await started(endless)
    const outcome = (async () => {
      let events = 0
      for await (const event of complete(client)) {
        expect(event.type).toBe('text')
        if (++events === 3) child.kill('SIGKILL')
      }
    })()
    await expect(outcome).rejects.toMatchObject({ code: 'engine_unavailable' })
  })

  it('leaves no worker behind when it is killed', async () => {
    const { child } = await started(endless)
    const workers = (): Promise<string> => childrenOf(child.pid as number)
    const before = (await workers()).trim()
    expect(before).not.toBe('')
    child.kill('SIGKILL')
    await once(child, 'exit')
    await expect.poll(() => isRunning(Number(before))).toBe(false)
  })

  it('stays up with a file that is no model, and says so', async () => {
    const path = join(folder, 'diary.gguf')
    writeFileSync(path, 'Dear diary')
    const { client, health } = await started(path)
    expect(await health()).toMatchObject({ state: 'failed', error: { code: 'model_invalid' } })
    await expect(complete(client).next()).rejects.toMatchObject({ code: 'model_invalid' })
  })

  it('drains on SIGTERM', async () => {
    const { child } = await started(endless)
    child.kill('SIGTERM')
    const [code] = await once(child, 'exit')
    expect(code).toBe(0)
  })
})

async function childrenOf(pid: number): Promise<string> {
  return await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
