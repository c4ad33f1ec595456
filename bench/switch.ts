import type { Phase } from '../packages/agentd/src/switch/record.ts'
import { SwitchHost, type Verdict } from '../packages/agentd/test/support/switch-host.ts'
import type { Report } from '../scripts/bench/report.ts'
import { throwawayHost } from '../tests/support/throwaway-host/host.ts'

export const title = 'SafeSwitch: a guarded switch beside a bare one, and the way back, on a throwaway host'

const ROUNDS = 5
const PROBATION_SECONDS = 1

/** Switches between two prepared systems, bare and guarded in turn, then goes back from one whose service fails. */
export async function run(report: Report): Promise<void> {
  if (!throwawayHost.met) throw new Error(`This benchmark ${throwawayHost.reason}.`)
  await using host = await SwitchHost.start()
  const [bare, guarded, back]: [number[], number[], number[]] = [[], [], []]
  for (let round = 0; round < ROUNDS; round += 1) {
    bare.push(await bareSwitch(host))
    const good = await host.attempt('good')
    guarded.push(between(good, 'built', 'committed') - PROBATION_SECONDS * 1000)
    const bad = await host.attempt('fails')
    back.push(between(bad, 'rolling_back', 'rolled_back'))
  }
  report({
    name: `switch and commit, without its probation of ${PROBATION_SECONDS} s, median`,
    value: median(guarded),
    unit: 'ms',
    baseline: median(bare),
    ratio: median(guarded) / median(bare),
    goal: 'at most 1500 ms over the baseline (switch-to-configuration test and boot, and setting the profile)',
  })
  report({
    name: 'from the decision to go back to the old system verified, median',
    value: median(back),
    unit: 'ms',
    goal: 'under 2000 ms',
  })
}

async function bareSwitch(host: SwitchHost): Promise<number> {
  await host.backToOld()
  const { good } = host.systems
  const profile = `nix-env -p /nix/var/nix/profiles/system --option substitute false --set ${good}`
  const startedAt = performance.now()
  const script = `${good}/bin/switch-to-configuration test && ${profile} && ${good}/bin/switch-to-configuration boot`
  await host.run(['sh', '-ec', script])
  return performance.now() - startedAt
}

function between({ record }: Verdict, from: Phase, to: Phase): number {
  const at = (phase: Phase) => Date.parse(record.steps.find((step) => step.phase === phase)?.at ?? '')
  return at(to) - at(from)
}

function median(values: readonly number[]): number {
  return values.toSorted((left, right) => left - right)[Math.floor(values.length / 2)] as number
}
