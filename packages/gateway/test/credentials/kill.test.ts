import { spawn } from 'node:child_process'
import { cpSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { LedgerRecordRequest } from '@castellan/contracts'
import { reply, SocketServer } from '@castellan/daemon'
import { temporaryFolder } from '@castellan/testing'
import { expect, onTestFinished, test } from 'vitest'
import { quietLog } from '../support/log.ts'
import { TestLedger } from './support/ledger.ts'
import { draft, OTHER_SECRET, testCredentials } from './support/store.ts'

const ROTATOR = fileURLToPath(new URL('support/rotator.ts', import.meta.url))
const PRELOAD = fileURLToPath(new URL('support/kill-at-step.mjs', import.meta.url))
/** A handful, spread over all moments; `CASTELLAN_KILLS=200` kills at each of them. */
const KILLS = Number(process.env.CASTELLAN_KILLS ?? 6)

const secretNumber = (n: number) => `sk-ant-api03-planted-secret-number-${n}`
const VALUE = [secretNumber(1), secretNumber(2)]
const KEY = ['key', secretNumber(1), 'key']

/** When the process is killed: before a file operation, or while its n-th record is on its way there or back. */
type Moment = { readonly step: number } | { readonly record: number; readonly when: 'before' | 'after' } | 'never'

/** A gateway's folder, a ledger that outlives kills behind a real socket, and a process that rotates until it is killed. */
async function stage() {
  const ledger = new TestLedger()
  const first = await testCredentials({ ledger })
  const { id } = await first.credentials.create(draft({ secret: secretNumber(0) }))
  const { id: other } = await first.credentials.create(draft({ label: 'other', secret: OTHER_SECRET }))
  const begun = [...ledger.entries]

  const socket = join(temporaryFolder(), 'record.sock')
  let onRecord: (when: 'before' | 'after') => void = () => undefined
  const server = new SocketServer({ name: 'agentd', log: quietLog('agentd') })
  server.route('POST', '/v1/records', { body: LedgerRecordRequest }, async ({ body }) => {
    onRecord('before')
    const index = await ledger.append(body)
    onRecord('after')
    return reply({ index }, { status: 201 })
  })
  server.route('GET', '/v1/records/credential-store', {}, async () => ({ mark: await ledger.credentialStoreMark() }))
  await server.listen({ path: socket, mode: 0o600 })
  onTestFinished(() => server.close({ graceMs: 0 }))

  async function run(folder: string, acts: readonly string[], moment: Moment) {
    ledger.entries.splice(0, ledger.entries.length, ...begun)
    const step = typeof moment === 'object' && 'step' in moment ? moment.step : 0
    const child = spawn(
      process.execPath,
      ['--conditions=source', '--import', PRELOAD, ROTATOR, folder, socket, id, ...acts],
      { stdio: ['ignore', 'pipe', 'inherit'], env: { PATH: process.env.PATH, KILL_AT_STEP: String(step) } },
    )
    let records = 0
    onRecord = (when) => {
      if (when === 'before') records += 1
      const isMoment =
        typeof moment === 'object' && 'record' in moment && moment.record === records && moment.when === when
      if (isMoment) child.kill('SIGKILL')
    }
    let said = ''
    child.stdout.on('data', (chunk) => {
      said += chunk
    })
    await new Promise((resolve) => child.once('close', resolve))
    const done = [...said.matchAll(/^done (.*)$/gm)].map(([, act]) => act as string)
    return { done, steps: Number(/^steps (\d+)$/m.exec(said)?.[1] ?? 0), killed: child.signalCode === 'SIGKILL' }
  }

  /** Copies the folder, kills a run over it, and looks at what the next starts find. */
  async function check(acts: readonly string[], moment: Moment) {
    const folder = join(temporaryFolder(), 'state')
    cpSync(first.folder, folder, { recursive: true })
    const ran = await run(folder, acts, moment)
    const values = [secretNumber(0), ...acts.filter((act) => act !== 'key')]
    const sure = ran.done.filter((act) => act !== 'key').length
    for (let start = 0; start < 2; start += 1) {
      const next = await testCredentials({ folder, ledger })
      const { secret } = await next.store.secret(id)
      expect([moment, values.slice(sure, sure + 2)]).toEqual([moment, expect.arrayContaining([secret])])
      expect((await next.store.secret(other)).secret).toBe(OTHER_SECRET)
      expect([moment, next.keys.keks.length, await next.keys.rotationIsOpen()]).toEqual([moment, 1, false])
      const left = ['credentials/store.next', 'keys/kek.next'].filter((name) => existsSync(join(folder, name)))
      expect([moment, left]).toEqual([moment, []])
    }
    return ran
  }

  return { check }
}

test.each([
  ['a credential', VALUE],
  ['the key-encryption key', KEY],
])(
  'a SIGKILL at any step of rotating %s loses nothing and leaves nothing half',
  { timeout: 120_000 + KILLS * 6_000 },
  async (_what, acts) => {
    const { check } = await stage()
    const whole = await check(acts, 'never')
    expect(whole.done).toEqual(acts)
    const moments: Moment[] = [
      ...acts.flatMap((_, n) => [
        { record: n + 1, when: 'before' } as const,
        { record: n + 1, when: 'after' } as const,
      ]),
      ...Array.from({ length: whole.steps }, (_, n) => ({ step: n + 1 })),
    ]
    // Spread evenly over all moments; more kills than moments begin again.
    let kills = 0
    for (let n = 0; n < KILLS; n += 1) {
      const moment = moments[Math.floor((n * Math.max(moments.length, KILLS)) / KILLS) % moments.length] as Moment
      if ((await check(acts, moment)).killed) kills += 1
    }
    expect(kills).toBe(KILLS)
  },
)
