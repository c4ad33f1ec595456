import { readFile, writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  CastellanError,
  ContainmentAction,
  Incident,
  IncidentBundle,
  IncidentListing,
  LatchChange,
  RecoveryPlan,
  type RecoveryRequest,
  type RecoveryStep,
} from '@castellan/contracts'
import type { Context } from '../context.ts'
import { localTime } from '../describe.ts'
import { exitCodes, UsageError } from '../exit.ts'
import { bundleFile, checkBundle } from '../incident/bundle.ts'
import type { Cli } from '../program.ts'
import { printable, type Terminal } from '../terminal.ts'

const teach = `
Recovering takes one step after the other: whether the cause is gone, then what contains the incident, the way out last, then
closing it. Each is checked and goes on record. Without options it takes the steps as far as they go and stops at the one
that does not.

Examples:
  agentctl incident show inc_…
  agentctl incident contain inc_… airlock_off --reason 'to be safe'
  agentctl incident recover inc_… --plan                   what is to come
  agentctl incident recover inc_…                          take the steps
  agentctl incident recover inc_… --force --reason '…'     go on although the cause is still there
  agentctl incident export inc_… --to incident.tar
  agentctl incident verify incident.tar --key 'castellan/web1/…'     on any machine, without a daemon`

/** How long the airlock has to start, in milliseconds. */
const AIRLOCK_START_MS = 60_000

/** How a measure stands that agentd counts as needed. */
const HELD: ReadonlySet<string> = new Set(['in_force', 'applying'])

interface RecoverOptions {
  readonly plan?: true
  readonly force?: true
  readonly reason: string
}

/** `agentctl incident`: one incident, what contains it, the way back, and a bundle to show elsewhere. */
export function addIncident({ program, act }: Cli): void {
  const incident = program
    .command('incident')
    .description('one incident: contain, recover, export')
    .addHelpText('after', teach)
  incident.command('show').argument('<id>').description('all about it').action(act(show))
  incident
    .command('contain')
    .argument('<id>')
    .argument('<action>', ContainmentAction.options.join(', '))
    .requiredOption('--reason <text>', 'why')
    .description('contain it by hand')
    .action(act(contain))
  incident
    .command('recover')
    .argument('<id>')
    .option('--plan', 'only show the steps')
    .option('--force', 'go on although the cause is still there; needs --reason')
    .option('--reason <text>', 'why, for the ledger', '')
    .description('walk the way back')
    .action(act(recover))
  incident
    .command('export')
    .argument('<id>')
    .requiredOption('--to <file>', 'a new file, a tar archive')
    .description('write a signed bundle: the incident, its ledger entries with proofs, logs, digests')
    .action(act(exportBundle))
  incident
    .command('verify')
    .argument('<file>')
    .option('--key <vkey>', 'the key of the ledger that it has to be from')
    .description('check a bundle, on any machine')
    .action(act(verifyBundle))
}

async function show(context: Context, id: string): Promise<number> {
  const operator = await context.operator()
  const incident = await operator.request('GET', `/v1/incidents/${encodeURIComponent(id)}`, { schema: Incident })
  const { terminal } = context
  terminal.result(incident, () => describe(incident, terminal))
  return exitCodes.ok
}

function describe(
  { id, class: of, severity, state, count, subject, summary, evidence, containment, steps }: Incident,
  terminal: Terminal,
): void {
  terminal.line(`${id}  ${of}  ${severity}  ${state}  seen ${count}×  about ${printable(subject)}`)
  terminal.line(printable(summary))
  if (evidence.length > 0) terminal.line(`Ledger: ${evidence.join(', ')}`)
  for (const { action, state: its, verified } of containment)
    terminal.line(`  ${action}: ${its}. ${printable(verified)}`)
  for (const { at, by, note } of steps) terminal.line(`  ${localTime(at)}  ${printable(by)}: ${printable(note)}`)
}

async function contain(context: Context, id: string, text: string, { reason }: { reason: string }): Promise<number> {
  const action = ContainmentAction.safeParse(text)
  if (!action.success)
    throw new UsageError(`${JSON.stringify(text)} contains nothing: say ${ContainmentAction.options.join(', ')}.`)
  const operator = await context.operator()
  const path = `/v1/incidents/${encodeURIComponent(id)}/containment`
  const incident = await operator.request('POST', path, { body: { action: action.data, reason }, schema: Incident })
  const { terminal } = context
  terminal.result(incident, () => describe(incident, terminal))
  return exitCodes.ok
}

async function recover(context: Context, id: string, options: RecoverOptions): Promise<number> {
  const { terminal } = context
  const operator = await context.operator()
  const path = `/v1/incidents/${encodeURIComponent(id)}/recovery`
  let plan = await operator.request('GET', path, { schema: RecoveryPlan })
  if (options.plan === true) {
    terminal.result(plan, () => {
      for (const step of plan.steps) tell(step, terminal)
    })
    return exitCodes.ok
  }
  const walked: RecoveryStep[] = []
  for (let next = nextOf(plan); next !== undefined; next = nextOf(plan)) {
    const { step, text } = next
    if (step === 'lift:airlock_off' && !(await shutForAnother(context, id))) await openAirlock(context)
    const body: RecoveryRequest = { step, reason: options.reason, force: options.force === true && step === 'cause' }
    plan = await operator.request('POST', path, { body, schema: RecoveryPlan, timeoutMs: 11 * 60_000 })
    walked.push({ step, text, state: 'done' })
    if (!terminal.json) tell({ step, text, state: 'done' }, terminal)
  }
  terminal.result(plan, () => {
    if (walked.length === 0) terminal.line('All steps are done.')
  })
  return exitCodes.ok
}

function nextOf({ steps }: RecoveryPlan): RecoveryStep | undefined {
  return steps.find(({ state }) => state === 'next')
}

function tell({ step, text, state }: RecoveryStep, terminal: Terminal): void {
  terminal.line(`${{ done: '✓', next: '→', later: ' ' }[state]} ${step}  ${text}`)
}

/** Whether another incident keeps the airlock shut; agentd then passes this one's over, and the last one opens it. */
async function shutForAnother(context: Context, id: string): Promise<boolean> {
  const operator = await context.operator()
  const { incidents } = await operator.request('GET', '/v1/incidents', { schema: IncidentListing })
  const latch = ({ containment }: Incident) =>
    containment.find(({ action, state }) => action === 'airlock_off' && HELD.has(state))?.ref
  const mine = incidents.find((incident) => incident.id === id)
  const ref = mine && latch(mine)
  return ref !== undefined && incidents.some((other) => other.id !== id && latch(other) === ref)
}

/** Whoever walks this way is the operator, who alone may open it. It was stopped while agents were frozen and may just be starting. */
async function openAirlock(context: Context): Promise<void> {
  const until = Date.now() + AIRLOCK_START_MS
  for (;;) {
    try {
      const airlock = await context.airlock()
      await airlock.request('POST', '/v1/latch', { body: { off: false }, schema: LatchChange })
      return
    } catch (error) {
      const starting = error instanceof CastellanError && error.code === 'airlock_unavailable'
      if (!starting || Date.now() >= until) throw error
      await sleep(500)
    }
  }
}

async function exportBundle(context: Context, id: string, { to }: { to: string }): Promise<number> {
  const operator = await context.operator()
  const path = `/v1/incidents/${encodeURIComponent(id)}/bundle`
  const bundle = await operator.request('GET', path, { schema: IncidentBundle })
  const file = resolve(to)
  await writeFile(file, bundleFile(bundle), { flag: 'wx', mode: 0o600 }).catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(
      `${file} ${error.code === 'EEXIST' ? 'is there already' : `cannot be written (${error.code})`}.`,
    )
  })
  const { terminal } = context
  const told = { file, files: bundle.manifest.files.length, public_key: bundle.public_key }
  terminal.result(told, () => terminal.line(`${file} has ${told.files} files, signed by ${told.public_key}.`))
  return exitCodes.ok
}

async function verifyBundle(context: Context, file: string, { key }: { key?: string }): Promise<number> {
  const archive = await readFile(resolve(file)).catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(`${file} cannot be read (${error.code}).`)
  })
  const { terminal } = context
  let checked: ReturnType<typeof checkBundle>
  try {
    checked = checkBundle(archive, key)
  } catch (error) {
    throw new CastellanError(
      'invalid_request',
      `${file} is no bundle: ${error instanceof Error ? error.message : String(error)}.`,
    )
  }
  const { incident, manifest, entries, problems } = checked
  terminal.result(
    { ok: problems.length === 0, incident: incident.id, made_at: manifest.made_at, entries, problems },
    () => {
      for (const problem of problems) terminal.line(printable(problem))
      if (problems.length > 0) return
      terminal.line(
        `Incident ${incident.id}, exported ${localTime(manifest.made_at)}: all ${manifest.files.length} files are what was signed.`,
      )
      terminal.line(`${entries.length} ledger entries are proven by the ledger with the key ${manifest.ledger_vkey}.`)
      if (key === undefined) terminal.line('Whether that is the right ledger only --key can tell.')
    },
  )
  return problems.length === 0 ? exitCodes.ok : exitCodes.failed
}
