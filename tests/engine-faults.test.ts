import { type ChildProcess, spawn } from 'node:child_process'
import { copyFileSync, mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { EngineHealth, Instance, LedgerPage } from '@castellan/contracts'
import { UnixClient } from '@castellan/daemon'
import { temporaryFolder, until } from '@castellan/testing'
import { expect, onTestFinished, test } from 'vitest'
import { childrenOf, cleanEnvironment, root } from './support/castellan.ts'
import { type Chat, openChat } from './support/chat.ts'

/** Turns that are disturbed; CASTELLAN_FAULT_TURNS=200 is the full form. */
const TURNS = Number(process.env.CASTELLAN_FAULT_TURNS ?? 10)
const BUILT_IN = join(root, 'models', 'interpreter', 'castellan-interpreter.gguf')
const TURN_WITHIN_MS = 120_000

test('no turn is lost without saying so, and no intent without its outcome, whatever happens to the engine', {
  timeout: 120_000 + TURNS * 30_000,
}, async () => {
  const system = await started()
  const chat = await openChat(system)
  const ends: string[] = []
  for (let turn = 0; turn < TURNS; turn++) {
    chat.send({ type: 'chat', text: QUESTIONS[turn % QUESTIONS.length] })
    const mend = await disturb(system, turn)
    ends.push(await endOf(chat))
    await mend()
  }
  // Every turn ended, and said how: with an answer, or with a code that is known to pass.
  expect(ends).toHaveLength(TURNS)
  for (const end of ends) expect(ALLOWED).toContain(end)

  // When nothing happens to it any more, it answers as ever.
  await until(
    'a turn is answered again',
    async () => {
      chat.send({ type: 'chat', text: QUESTIONS[0] })
      return (await endOf(chat)) === 'done'
    },
    120_000,
  )
  expect(chat.frames.filter(({ type }) => type === 'tool_result').length).toBeGreaterThan(0)

  const { intents, closed } = await ledgerOf(system)
  expect(intents.length).toBeGreaterThan(0)
  expect(intents.filter((index) => !closed.has(index))).toEqual([])
})

/** How many frames of a chat belong to turns that are over. */
const heard = new WeakMap<Chat, number>()
const QUESTIONS = ['how full are my disks?', 'how much memory is free?', 'which services failed?']
const ALLOWED = [
  'done',
  'engine_crashed',
  'engine_stalled',
  'engine_unavailable',
  'engine_loading',
  'model_invalid',
  'model_untrusted',
]

interface System {
  readonly state: string
  readonly instance: Instance
  readonly token: string
  readonly model: string
}

/** Something happens a moment after the question, at another moment each time. Returns how to mend what does not mend itself. */
async function disturb(system: System, turn: number): Promise<() => Promise<void>> {
  await sleep((turn * 37) % 160)
  const engine = childrenOf(system.instance.pid).get('engine')
  const worker = engine === undefined ? undefined : workerOf(engine)
  const send = (pid: number | undefined, signal: NodeJS.Signals): void => {
    try {
      if (pid !== undefined) process.kill(pid, signal)
    } catch {
      // It has ended by itself meanwhile.
    }
  }
  switch (turn % 5) {
    case 0:
      send(worker, 'SIGKILL')
      return async () => undefined
    case 1:
      // Hangs for good: the engine's watchdog has to end it.
      send(worker, 'SIGSTOP')
      return async () => send(worker, 'SIGCONT')
    case 2:
      send(engine, 'SIGKILL')
      return async () => undefined
    case 3: {
      // Starved of the processor for a while.
      send(worker, 'SIGSTOP')
      await sleep(700)
      send(worker, 'SIGCONT')
      return async () => undefined
    }
    default: {
      truncateSync(system.model, 100_000)
      send(worker, 'SIGKILL')
      return async () => {
        copyFileSync(BUILT_IN, system.model)
      }
    }
  }
}

/** `done`, or the code of the error that came before it. */
async function endOf(chat: Chat): Promise<string> {
  const seen = heard.get(chat) ?? 0
  // The end may have come while the engine was disturbed.
  const end = await until(
    `the end of a turn; there were ${JSON.stringify(chat.frames.slice(seen))}`,
    () => 1 + chat.frames.findIndex(({ type }, index) => index >= seen && type === 'done'),
    TURN_WITHIN_MS,
  )
  heard.set(chat, end)
  return chat.frames.slice(seen, end).find((frame) => frame.type === 'error')?.code ?? 'done'
}

async function ledgerOf({ instance }: System): Promise<{ intents: number[]; closed: Set<number> }> {
  const client = new UnixClient({
    socketPath: instance.operatorSocket,
    unavailable: 'agentd_unavailable',
    peer: 'agentd',
  })
  const intents: number[] = []
  const closed = new Set<number>()
  for (let before: number | undefined; ; ) {
    const page = await client.request(
      'GET',
      `/v1/ledger/entries?limit=500${before === undefined ? '' : `&before=${before}`}`,
      {
        schema: LedgerPage,
      },
    )
    for (const { entry } of page.records) {
      if (entry.type === 'intent') intents.push(entry.index)
      if (entry.intent !== undefined) closed.add(entry.intent)
    }
    before = page.records.at(-1)?.entry.index
    if (!page.more || before === undefined) return { intents, closed }
  }
}

async function started(): Promise<System> {
  const state = join(temporaryFolder(), 'state')
  mkdirSync(state, { mode: 0o700 })
  const model = join(temporaryFolder(), 'interpreter.gguf')
  copyFileSync(BUILT_IN, model)
  writeFileSync(join(state, 'config.json'), JSON.stringify({ engine: { stallSeconds: 3 } }), { mode: 0o600 })
  const main = join(root, 'packages', 'supervisor', 'src', 'main.ts')
  const args = ['--conditions=source', main, '--state', state, '--port', '0', '--json', '--model', model]
  const child = spawn(process.execPath, args, {
    cwd: root,
    env: cleanEnvironment(),
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  onTestFinished(() => ending(child))
  let line = ''
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    line += chunk
  })
  await until('castellan is ready', () => line.includes('\n'))
  const instance = Instance.parse(JSON.parse(line))
  const engineSocket = instance.engineSocket as string
  const engine = new UnixClient({ socketPath: engineSocket, unavailable: 'engine_unavailable', peer: 'engine' })
  const isReady = async () => (await engine.request('GET', '/v1/health', { schema: EngineHealth })).state === 'ready'
  await until('the engine is ready', () => isReady().catch(() => false))
  return { state, instance, token: readFileSync(instance.tokenFile, 'utf8').trim(), model }
}

async function ending(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return
  const gone = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGTERM')
  await gone
}

/** The engine's child that holds the model; undefined where it has none at the moment. */
function workerOf(engine: number): number | undefined {
  try {
    const children = readFileSync(`/proc/${engine}/task/${engine}/children`, 'utf8').trim().split(' ')
    return children.filter(Boolean).map(Number)[0]
  } catch {
    return undefined
  }
}
