/**
 * SafeSwitch with a ledger of its own, as agentd has it, and nothing else: begins the switch given as JSON in argv, or goes on with the one
 * that is there, and writes how it stands once nothing more happens. Runs inside a throwaway host.
 */
import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createLogger } from '@castellan/daemon'
import { LedgerRecorder } from '../../src/ledger/ledger-recorder.ts'
import { UnrecordedFile, UnrecordedReads } from '../../src/ledger/unrecorded.ts'
import { StateFile } from '../../src/state/state-file.ts'
import { SafeSwitch } from '../../src/switch/index.ts'
import { isOver, type SwitchPlan } from '../../src/switch/record.ts'

const [folder, requestText] = process.argv.slice(2) as [string, string]
const { path, plan } = JSON.parse(requestText) as { path: string; plan: Partial<SwitchPlan> }

mkdirSync(folder, { recursive: true })
const log = createLogger({ name: 'driver', file: join(folder, 'log') })
const unrecorded = await UnrecordedReads.open(new StateFile(join(folder, 'unrecorded.json'), UnrecordedFile), log)
const ledger = await LedgerRecorder.open({
  options: { dir: join(folder, 'ledger'), keyDir: join(folder, 'keys') },
  unrecorded,
  log,
  onOpen: async () => undefined,
})
const safeSwitch = await SafeSwitch.open({
  folder: join(folder, 'switch'),
  ledger,
  defaults: {
    activation: 'auto',
    confirm: 'health',
    activationSeconds: 20,
    graceSeconds: 0,
    probationSeconds: 1,
    confirmSeconds: 5,
    checks: [],
  },
  log,
})
await safeSwitch.start()
const request = { path, generation: null, reason: 'A test.', callId: null, plan, force: false }
const actor = { kind: 'operator', name: 'tester' } as const
const startedAt = performance.now()
let failure: unknown
if (safeSwitch.current() === undefined && !existsSync(join(folder, 'begun'))) {
  await safeSwitch
    .begin(
      { ...request, actor },
      { signal: new AbortController().signal, onStep: () => writeFileSync(join(folder, 'begun'), '') },
    )
    .catch((error: unknown) => {
      failure = error
    })
}
for (;;) {
  const record = safeSwitch.current()
  if (record === undefined || isOver(record) || record.phase === 'staged') break
  await sleep(10)
}
const [record] = await safeSwitch.list()
const durationMs = performance.now() - startedAt
const { records } = await ledger.query({ type: 'switch_step', limit: 1000 })
const story = records.map(({ entry }) => entry.facts).toReversed()
const known = safeSwitch.knownBad().map((system) => system.path)
await safeSwitch.close()
await ledger.close()
const text = JSON.stringify({
  record,
  story,
  known,
  durationMs,
  failure: failure === undefined ? null : String(failure),
})
// Whoever waits for it never sees half of it.
writeFileSync(join(folder, 'result.next'), text)
renameSync(join(folder, 'result.next'), join(folder, 'result.json'))
