import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { until } from '@castellan/testing'
import { expect, onTestFinished, test } from 'vitest'
import { agentctl } from './support/cli.ts'
import { startWithGateway } from './support/gateway.ts'

const main = fileURLToPath(new URL('../../engine/src/main.ts', import.meta.url))

/** The real engine with the built-in model, where the gateway looks for it. */
function startEngine(state: string): () => Promise<void> {
  const child = spawn(process.execPath, ['--conditions=source', main], {
    env: { PATH: process.env.PATH, CASTELLAN_ENGINE_SOCKET: join(state, 'sockets', 'engine.sock') },
    stdio: 'ignore',
  })
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const stop = () => {
    child.kill('SIGTERM')
    return gone
  }
  onTestFinished(stop)
  return stop
}

test('the engine at the command line: how it is, which models there are, and a decision decided again', {
  timeout: 240_000,
}, async () => {
  const { state } = await startWithGateway()
  const ctl = (...args: string[]) => agentctl([...args, '--state', state])
  expect(await ctl('engine', 'doctor')).toMatchObject({ code: 3, stderr: expect.stringContaining('engine') })

  const stop = startEngine(state)
  await until('the model answers', async () => (await ctl('model', 'list')).stdout.includes('answers'))
  const doctor = await ctl('engine', 'doctor')
  expect([doctor.code, doctor.stdout]).toEqual([
    0,
    expect.stringMatching(/castellan-interpreter[\s\S]*Embeddings +no model/),
  ])
  expect(JSON.parse((await ctl('engine', 'doctor', '--json')).stdout)).toMatchObject({
    state: 'ready',
    embeddings: { state: 'off' },
  })

  const catalogue = await ctl('model', 'catalogue')
  expect(catalogue.stdout).toMatch(/qwen3-4b +Qwen3 4B +(fits|tight|too large)/)
  const { models } = JSON.parse((await ctl('model', 'catalogue', '--json')).stdout)
  expect(models[0]).toMatchObject({ licence: 'Apache-2.0', verdict: expect.any(String), needs: expect.any(Number) })
  expect(await ctl('model', 'add', 'no-such-model')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('qwen3-4b'),
  })
  expect(await ctl('model', 'use', 'qwen3-4b')).toMatchObject({ code: 2 })
  expect(await ctl('model', 'use', 'f'.repeat(16))).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('not_found'),
  })

  expect((await ctl('chat', 'how full are my disks?')).stdout).toContain('disk_usage')
  const tail = (await ctl('ledger', 'tail', '--tool', 'disk_usage', '--json')).stdout
  const indexes = [...tail.matchAll(/"index":(\d+)/g)].map(([, index]) => index as string)
  const outcome = indexes.at(-1) as string
  const replayed = await until('the prompt is kept', async () => {
    const ran = await ctl('replay', outcome)
    return ran.code === 5 ? null : ran
  })
  expect(replayed).toMatchObject({ code: 0, stdout: expect.stringContaining('decides the same again: disk_usage') })
  expect(replayed.stdout).toMatch(/model [0-9a-f]{16} · prompt [0-9a-f]{16} · grammar [0-9a-f]{16} · seed \d+/)

  expect(await ctl('call', 'memory_usage')).toMatchObject({ code: 0 })
  const own = (await ctl('ledger', 'tail', '--tool', 'memory_usage', '--json')).stdout.match(
    /"index":(\d+)/,
  )?.[1] as string
  expect(await ctl('replay', own)).toMatchObject({
    code: 5,
    stdout: expect.stringContaining('No model on this machine'),
  })
  expect(await ctl('replay', '0')).toMatchObject({ code: 1, stderr: expect.stringContaining('is of no call') })
  expect(await ctl('replay', 'x')).toMatchObject({ code: 2 })

  await stop()
  expect(await ctl('replay', outcome)).toMatchObject({ code: 3 })
})
