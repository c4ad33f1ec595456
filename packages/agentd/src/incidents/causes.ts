import type { Incident } from '@castellan/contracts'
import type { IntegrityPort } from '../host/integrity.ts'
import type { ModelsPort } from '../host/models.ts'
import type { LedgerWatch } from './ledger-watch.ts'
import type { CauseCheck } from './recovery.ts'

export interface CauseParts {
  readonly integrity: IntegrityPort
  readonly ledger: Pick<LedgerWatch, 'verify'>
  readonly models: ModelsPort
  /** Why the machine cannot prove what it runs; null where it can. */
  readonly attest: (signal: AbortSignal) => Promise<string | null>
  /** How long nothing more of it may have been seen, in milliseconds. */
  readonly quietMs: number
  readonly now?: () => number
}

type Seen = Awaited<ReturnType<CauseCheck>>

/** Whether the cause of an incident is gone: by looking where that can be looked at, by quiet otherwise. */
export function causeCheck(parts: CauseParts): CauseCheck {
  return async (incident, signal) => {
    switch (incident.class) {
      case 'integrity_violation':
        return isCanary(incident) ? quiet(parts, incident) : integrity(parts, signal)
      case 'ledger_damage':
        return seen(await parts.ledger.verify(), 'The ledger verifies.')
      case 'manifest_mismatch':
        return model(parts, incident, signal)
      case 'attestation_failure':
        return seen(await parts.attest(signal), 'The quote of the TPM verifies.')
      default:
        return quiet(parts, incident)
    }
  }
}

function isCanary({ subject }: Incident): boolean {
  return subject.startsWith('canary ') || subject === 'credential store'
}

async function integrity({ integrity: port }: CauseParts, signal: AbortSignal): Promise<Seen> {
  const { state, findings, files } = await port.check(signal)
  if (state === 'intact') return seen(null, `All ${files} watched files are as in the baseline.`)
  if (state !== 'violated')
    return seen(`The integrity baseline is ${state === 'none' ? 'gone' : 'damaged'}. Take another one.`, '')
  const [first] = findings
  return seen(
    `${findings.length} watched files differ from the baseline, first of all ${first?.path} (${first?.what}).`,
    '',
  )
}

/** The measure reads the file again before the model comes back; here it is enough that it cannot be used meanwhile. */
async function model({ models }: CauseParts, { subject }: Incident, signal: AbortSignal): Promise<Seen> {
  if (subject === 'registry') {
    await models.list()
    return seen(null, 'The list of models is the one that agentd signed.')
  }
  const check = await models.verify(subject, () => undefined, signal).catch((error: Error) => error)
  if (check instanceof Error) return seen(`The model ${subject} cannot be looked at: ${check.message}`, '')
  return seen(
    check.state === 'intact' ? null : `The file of the model is ${check.state}.`,
    'The file of the model is what was let in.',
  )
}

function quiet({ quietMs, now = Date.now }: CauseParts, { last_at }: Incident): Seen {
  const since = now() - Date.parse(last_at)
  const minutes = Math.floor(since / 60_000)
  if (since >= quietMs) return seen(null, `It was not seen again for ${minutes} minutes.`)
  return seen(`It was seen last ${Math.floor(since / 1000)} s ago, and has to be quiet for ${quietMs / 1000} s.`, '')
}

function seen(persists: string | null, what: string): Seen {
  return { persists, seen: what }
}
