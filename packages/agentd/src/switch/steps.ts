import { CastellanError } from '@castellan/contracts'
import { findProgram, runCommand } from '../host/command.ts'
import { systemState } from './checks/units.ts'
import type { DeadMan } from './dead-man.ts'
import type { Drive } from './drive.ts'
import { Health, nothingKnown } from './health.ts'
import type { Jobs } from './jobs.ts'
import type { Journal } from './journal.ts'
import { Judge } from './judge.ts'
import { readiness, type SwitchMachine } from './machine.ts'
import { back, failed, type Next, refused, wentBack } from './next.ts'
import { currentSystem } from './places.ts'
import type { Phase, SwitchRecord } from './record.ts'
import { activateScript, commitScript, rollBackScript } from './scripts.ts'

const LOOK_EVERY_MS = 1000
const COMMIT_SECONDS = 900
const ROLL_BACK_SECONDS = 900
/** How long the old system has to become as healthy as it was, in milliseconds. */
const VERIFY_MS = 45_000
/** How long a boot may take before its system is judged as it stands, in milliseconds. */
const BOOT_MS = 300_000
/** Added to all that a switch may take by plan before the dead man's switch goes off, in seconds. */
const DEAD_MAN_MARGIN_SECONDS = 60
/** switch-to-configuration(8): some units failed; whether they did before is what the checks are for. */
const UNITS_FAILED = 4
/** It found that only a boot will do, and did nothing. */
const NEEDS_BOOT = 100

export interface StepParts {
  readonly journal: Journal
  readonly jobs: Jobs
  readonly deadMan: DeadMan
  readonly machine: SwitchMachine
}

type Step = (drive: Drive) => Promise<Next>

/**
 * What is done in each phase, and to which it leads. A phase is on disk before its work begins, and the work may have been
 * done, in part or whole, by an agentd that was killed: every step can be made again.
 */
export class Steps {
  readonly of: Readonly<Partial<Record<Phase, Step>>>
  readonly #parts: StepParts

  constructor(parts: StepParts) {
    this.#parts = parts
    this.of = {
      built: (drive) => this.#precheck(drive),
      prechecked: (drive) => this.#takeBaseline(drive),
      baseline: (drive) => this.#arm(drive),
      armed: async () => ({ phase: 'activating', note: 'Activation begins.' }),
      activating: (drive) => this.#activate(drive),
      activated: (drive) => this.#settle(drive),
      probation: (drive) => this.#judge(drive),
      confirming: (drive) => this.#awaitWord(drive),
      committing: (drive) => this.#commit(drive),
      staging: (drive) => this.#stage(drive),
      rolling_back: (drive) => this.#rollBack(drive),
    }
  }

  /** The dead man's switch for what is left to do, from now. */
  async armDeadMan({ record, signal }: Drive): Promise<void> {
    const { activationSeconds, graceSeconds, probationSeconds, confirmSeconds, confirm } = record.plan
    const planned =
      activationSeconds + graceSeconds + 2 * probationSeconds + (confirm === 'health' ? 0 : confirmSeconds)
    const script = await this.#writeWayBack(record)
    await this.#parts.deadMan.arm(record.id, script, planned + DEAD_MAN_MARGIN_SECONDS, signal)
  }

  async #precheck({ record, signal }: Drive): Promise<Next> {
    const { machine } = this.#parts
    const { to, from, bootDefault, plan } = record
    const found = await readiness(to.path, from.path, await machine.booted())
    const refusals = [...found.refusals, ...(await invalidPaths([to.path, from.path], signal))]
    if (plan.activation === 'live')
      refusals.push(...found.inhibitors.map((reason) => `it can only be booted: ${reason}`))
    if (refusals.length > 0) return refused(refusals.join('; '))
    await machine.hold(record.id, { from: from.path, to: to.path })
    const notices = [...found.notices]
    if (bootDefault.path !== from.path) {
      notices.push(`What ran was not what boots: until the commit, a boot starts ${bootDefault.path}.`)
    }
    const byBoot = plan.activation === 'boot' || found.inhibitors.length > 0
    const why = found.inhibitors.length > 0 ? ` It needs a boot: ${found.inhibitors.join('; ')}.` : ''
    return { phase: 'prechecked', note: `Nothing stands in its way.${why}`, fields: { byBoot, notices } }
  }

  async #takeBaseline({ record, signal }: Drive): Promise<Next> {
    const baseline = await new Health(record.plan.checks).baseline(signal)
    const failing = Object.keys(baseline.failing)
    const note =
      failing.length === 0 ? 'All is well before the switch.' : `Failing before the switch: ${failing.join(', ')}.`
    return { phase: 'baseline', note: note.slice(0, 2000), fields: { baseline } }
  }

  async #arm(drive: Drive): Promise<Next> {
    const { journal } = this.#parts
    const { record } = drive
    if (record.byBoot) {
      await this.#writeWayBack(record)
      await journal.setWayBack(record.id)
      return { phase: 'staging', note: 'It is made ready for the next boot.' }
    }
    await this.armDeadMan(drive)
    await journal.setWayBack(record.id)
    return { phase: 'armed', note: "The dead man's switch is armed." }
  }

  async #activate({ record, signal }: Drive): Promise<Next> {
    const { journal, jobs, deadMan, machine } = this.#parts
    const { id, plan, to } = record
    const script = await journal.script(id, 'activate.sh', activateScript(record, this.#places(record)))
    const end = await jobs.run(id, 'activate', script, plan.activationSeconds, signal)
    if (end === 'killed') return back(`Activation did not end within ${plan.activationSeconds} s, or was stopped.`)
    if (end.exitCode === NEEDS_BOOT && plan.activation === 'auto') {
      await deadMan.disarm(id, signal)
      await this.#writeWayBack({ ...record, byBoot: true })
      return { phase: 'staging', note: 'The new system says that only a boot will do.', fields: { byBoot: true } }
    }
    if (end.exitCode !== 0 && end.exitCode !== UNITS_FAILED) {
      const words = await jobs.words(id, 'activate')
      return back(`Activation failed with exit code ${end.exitCode}${words === '' ? '' : `: ${words}`}.`)
    }
    const running = await machine.running()
    if (running.path !== to.path) return back(`Activation ended, but ${running.path} runs.`)
    return { phase: 'activated', note: `The new system runs${end.exitCode === 0 ? '' : ', though some units failed'}.` }
  }

  /** Services come up; nothing counts yet. After a boot, that is until systemd says that it is done. */
  async #settle(drive: Drive): Promise<Next> {
    const { byBoot, plan } = drive.record
    if (byBoot) {
      await this.armDeadMan(drive)
      await settleBoot(drive.signal, (ms) => drive.pause(ms))
    }
    const until = Date.now() + plan.graceSeconds * 1000
    while (Date.now() < until) await drive.pause(until - Date.now())
    return { phase: 'probation', note: `The checks count from now on, for ${plan.probationSeconds} s.` }
  }

  async #judge(drive: Drive): Promise<Next> {
    const { plan } = drive.record
    const judge = new Judge(drive, this.#parts)
    const endsAt = Date.now() + plan.probationSeconds * 1000
    for (;;) {
      const ending = Date.now() >= endsAt
      const look = await judge.look(ending)
      if (look.next !== null) return look.next
      if (plan.confirm === 'operator' && drive.record.confirmedBy !== null) break
      // What crashed once is given as long again, so that something that crashes every so often is not taken for well.
      const settled = look.settled || Date.now() >= endsAt + plan.probationSeconds * 1000
      if (ending && ((look.sound && settled) || plan.confirm === 'operator')) {
        drive.record = { ...drive.record, findings: look.findings }
        break
      }
      await drive.pause(ending ? LOOK_EVERY_MS : Math.max(1, Math.min(LOOK_EVERY_MS, endsAt - Date.now())))
    }
    const { confirmedBy, findings } = drive.record
    if (plan.confirm === 'health' || confirmedBy !== null) return this.#sound(drive.record)
    const note = `The checks are done. A person has ${plan.confirmSeconds} s to say that it is good, or it is taken back.`
    return { phase: 'confirming', note, fields: { findings } }
  }

  async #awaitWord(drive: Drive): Promise<Next> {
    const { plan, steps } = drive.record
    const judge = new Judge(drive, this.#parts)
    const endsAt = Date.parse(steps.at(-1)?.at ?? '') + plan.confirmSeconds * 1000
    for (;;) {
      const { next } = await judge.look(false)
      if (next !== null) return next
      if (drive.record.confirmedBy !== null) return this.#sound(drive.record)
      if (Date.now() >= endsAt) return back(`Nobody confirmed it within ${plan.confirmSeconds} s.`, { blamed: false })
      await drive.pause(Math.max(1, Math.min(LOOK_EVERY_MS, endsAt - Date.now())))
    }
  }

  #sound({ confirmedBy, findings }: SwitchRecord): Next {
    const wanted = findings.length === 0 ? '' : ` Not as wished: ${findings.map(({ message }) => message).join('; ')}.`
    const who = confirmedBy === null ? 'The checks hold.' : `${confirmedBy} confirmed it.`
    return { phase: 'committing', note: `${who}${wanted}`.slice(0, 2000), fields: { findings } }
  }

  async #commit({ record, signal }: Drive): Promise<Next> {
    const { journal, jobs, deadMan, machine } = this.#parts
    const { id, to } = record
    if ((await journal.decide(id, 'commit')) === 'rollback') {
      return wentBack((await journal.decided(id))?.by ?? 'operator')
    }
    await deadMan.disarm(id, signal)
    const script = await journal.script(id, 'commit.sh', commitScript(record, this.#places(record), false))
    const end = await jobs.run(id, 'commit', script, COMMIT_SECONDS, signal)
    if (end === 'killed' || end.exitCode !== 0)
      return back(await this.#whyNot(record, 'commit', end), { blamed: false })
    const bootDefault = await machine.bootDefault()
    if (bootDefault.path !== to.path)
      return back(`The commit ended, but ${bootDefault.path} is what boots.`, { blamed: false })
    const generation = bootDefault.generation
    const note = `Generation ${generation} is what runs and what boots.`
    return { phase: 'committed', note, fields: { to: { ...to, generation }, outcome: note } }
  }

  async #stage({ record, signal }: Drive): Promise<Next> {
    const { journal, jobs } = this.#parts
    const { id } = record
    const script = await journal.script(id, 'stage.sh', commitScript(record, this.#places(record), true))
    const end = await jobs.run(id, 'stage', script, COMMIT_SECONDS, signal)
    if (end === 'killed' || end.exitCode !== 0) return back(await this.#whyNot(record, 'stage', end), { blamed: false })
    const { generation } = await this.#parts.machine.bootDefault()
    const once = (await journal.mark(id, 'one-shot')) !== undefined
    const how = once
      ? 'The boot loader tries it once; the boot after that starts the old system unless it was committed.'
      : 'This boot loader cannot try a system just once: if it does not come up, choose the old one in its menu.'
    const note = `The next boot starts the new system (generation ${generation}), and is judged. ${how}`
    return { phase: 'staged', note, fields: { to: { ...record.to, generation } } }
  }

  async #whyNot({ id }: SwitchRecord, job: 'commit' | 'stage', end: 'killed' | { exitCode: number }): Promise<string> {
    const words = await this.#parts.jobs.words(id, job)
    const how = end === 'killed' ? 'was stopped' : `failed with exit code ${end.exitCode}`
    return `Making it what boots ${how}${words === '' ? '' : `: ${words}`}.`
  }

  async #rollBack(drive: Drive): Promise<Next> {
    const { journal, jobs, deadMan, machine } = this.#parts
    const { record, signal } = drive
    const { id, from, byBoot } = record
    await journal.decide(id, 'rollback')
    const isBack = async () =>
      (await machine.running()).path === from.path && (await machine.bootDefault()).path === record.bootDefault.path
    const untouched = record.rebooted && (await journal.mark(id, 'boot-touched')) === undefined
    if (!(untouched && (await isBack()))) {
      const script = await this.#writeWayBack(record)
      await jobs.run(id, 'roll-back', script, ROLL_BACK_SECONDS, signal)
      if (byBoot && (await machine.running()).path !== from.path) {
        // The script has asked for the boot that ends this agentd; the next one goes on from here.
        await drive.pause(BOOT_MS)
      } else if (!(await isBack())) {
        await jobs.forget(id, 'roll-back')
        await jobs.run(id, 'roll-back', script, ROLL_BACK_SECONDS, signal)
      }
    }
    await deadMan.disarm(id, signal)
    if (!(await isBack())) {
      const { path } = await machine.running()
      return failed(`The way back was taken, but ${path} runs. Look at the host: \`agentctl rollback\` tries again.`)
    }
    return this.#verify(drive)
  }

  /** The old system has to be as well as it was before. */
  async #verify(drive: Drive): Promise<Next> {
    const { record, signal } = drive
    if (record.rebooted) await settleBoot(signal, (ms) => drive.pause(ms))
    const health = new Health(record.plan.checks, record.baseline?.restarts)
    const deadline = Date.now() + VERIFY_MS
    for (;;) {
      const findings = await health.look(record.baseline ?? nothingKnown(), signal, { ending: false, strict: false })
      const required = findings.filter((finding) => finding.required)
      if (required.length === 0 || record.baseline === null) {
        return { phase: 'rolled_back', note: 'The old system runs, boots, and is as well as it was before.' }
      }
      if (Date.now() > deadline) {
        return failed(`The old system runs, but not as before: ${required.map(({ message }) => message).join('; ')}.`)
      }
      await drive.pause(LOOK_EVERY_MS)
    }
  }

  #writeWayBack(record: SwitchRecord): Promise<string> {
    return this.#parts.journal.script(record.id, 'roll-back.sh', rollBackScript(record, this.#places(record)))
  }

  #places({ id }: SwitchRecord) {
    const { journal, machine } = this.#parts
    return { folder: journal.folderOf(id), profile: machine.profile, currentSystem }
  }
}

async function settleBoot(signal: AbortSignal, pause: (ms: number) => Promise<void>): Promise<void> {
  for (const until = Date.now() + BOOT_MS; Date.now() < until; await pause(LOOK_EVERY_MS)) {
    if (!['initializing', 'starting'].includes(await systemState(signal))) return
  }
}

/** nix-store(1), --check-validity prints what is not in the store, or fails on it. */
async function invalidPaths(paths: readonly string[], signal: AbortSignal): Promise<string[]> {
  const program = await findProgram('nix-store')
  const problems: string[] = []
  for (const path of new Set(paths)) {
    const result = await runCommand(program, ['--check-validity', path], { signal, maxOutputBytes: 64 * 1024 })
    if (result.exitCode !== 0) problems.push(`${path} is not in the Nix store`)
  }
  return problems
}

/** An error of a step, in words. */
export function wordsOf(error: unknown): string {
  return error instanceof CastellanError || error instanceof Error ? error.message : String(error)
}
