import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type Log, UnixClient, version } from '@castellan/daemon'
import { Attestor, ReferenceFile } from '../attestation/attestor.ts'
import type { Tpm } from '../attestation/tpm.ts'
import type { CallParts } from '../calls/path.ts'
import type { Config } from '../config.ts'
import type { Emergency } from '../emergency/emergency.ts'
import type { Host } from '../host/index.ts'
import { Bundles } from '../incidents/bundle.ts'
import { causeCheck } from '../incidents/causes.ts'
import { Containments } from '../incidents/containment.ts'
import type { Incidents } from '../incidents/incidents.ts'
import { LedgerWatch } from '../incidents/ledger-watch.ts'
import { airlockMeasure } from '../incidents/measures/airlock.ts'
import { capabilitiesMeasure } from '../incidents/measures/capabilities.ts'
import { freezeMeasure } from '../incidents/measures/freeze.ts'
import { GatewayHold, gatewayMeasure } from '../incidents/measures/gateway.ts'
import { type ModelQuarantine, modelMeasure } from '../incidents/measures/model.ts'
import { Recovery } from '../incidents/recovery.ts'
import type { Recorder } from '../ledger/recorder.ts'
import type { Witnesses } from '../ledger/witnesses.ts'
import type { PolicyKeeper } from '../policy/policy-keeper.ts'
import type { Sessions } from '../sessions/sessions.ts'
import type { EvidenceKey } from '../state/evidence-key.ts'
import { StateFile } from '../state/state-file.ts'

const AIRLOCK_MS = 5000
/** Longest that all files are read for, when another system booted. */
const ATTEST_MS = 10 * 60_000

export interface ResponseParts {
  readonly config: Config
  readonly incidents: Incidents
  readonly emergency: Emergency
  readonly sessions: Sessions
  readonly ledger: Recorder
  readonly witnesses: Witnesses | undefined
  readonly policy: PolicyKeeper
  readonly host: Host
  readonly calls: () => CallParts
  readonly key: EvidenceKey
  readonly tpm: Tpm | undefined
  readonly log: Log
}

/** What is done about incidents. */
export interface Response {
  readonly containments: Containments
  readonly recovery: Recovery
  readonly bundles: Bundles
  readonly hold: GatewayHold
  readonly ledgerWatch: LedgerWatch
  readonly attestor: Attestor
  readonly airlock: UnixClient
}

/** Builds what contains incidents, leads back from them, and tells of them elsewhere. */
export function respond(parts: ResponseParts): Response {
  const { config, incidents, emergency, sessions, ledger, witnesses, policy, host, calls, key, log } = parts
  const airlock = new UnixClient({
    socketPath: config.airlockSocket ?? join(dirname(config.agentSocket), 'airlock-agentd.sock'),
    peer: 'the airlock',
    unavailable: 'airlock_unavailable',
    timeoutMs: AIRLOCK_MS,
  })
  const hold = new GatewayHold(incidents)
  const containments = new Containments({
    incidents,
    measures: {
      freeze_agents: freezeMeasure(emergency, calls),
      airlock_off: airlockMeasure(airlock),
      quarantine_model: modelMeasure(() => quarantineOf(host)),
      suspend_tokens: gatewayMeasure('suspend_tokens', () => hold),
      revoke_capabilities: capabilitiesMeasure(() => sessions.capabilities),
      lock_credentials: gatewayMeasure('lock_credentials', () => hold),
    },
    log,
  })
  const digestIn = (name: string) => digestOfFile(join(config.stateDir, name))
  const attestor = new Attestor({
    tpm: parts.tpm,
    async runningSet() {
      const { baselineDigest, system } = await host.integrity.identity()
      const models = await digestIn('models/registry.json')
      const known = models === 'absent' ? null : models
      return { castellan: version, system, policy: policy.digest, baseline: baselineDigest, models: known }
    },
    file: new StateFile(join(config.stateDir, 'agentd', 'attestation.json'), ReferenceFile),
    ledger,
    incidents,
    isIntact: async () => (await host.integrity.check(AbortSignal.timeout(ATTEST_MS))).state === 'intact',
    everyMs: config.integrity.scanMinutes * 60_000,
    onError: (error) => log.warn({ err: error }, 'the TPM could not be asked'),
  })
  const ledgerWatch = new LedgerWatch({
    ledger,
    witnesses,
    incidents,
    onError: (error) => log.warn({ err: error }, 'the ledger could not be looked at'),
  })
  const recovery = new Recovery({
    incidents,
    containments,
    // What the machine boots from now on is what the operator saw and insisted on.
    onForced: async (incident) => {
      if (incident.class === 'attestation_failure') await attestor.accept()
    },
    cause: causeCheck({
      integrity: host.integrity,
      ledger: ledgerWatch,
      models: host.models,
      attest: () => attestor.check(),
      quietMs: config.incidents.quietSeconds * 1000,
    }),
  })
  const bundles = new Bundles({
    incidents,
    ledger,
    key,
    logs: join(config.stateDir, 'logs'),
    digests: async () => ({
      policy: policy.digest,
      configuration: await digestIn('config.json'),
      integrity_baseline: await digestIn('agentd/integrity.json'),
      operators: await digestIn('agentd/operators.json'),
      models: await digestIn('models/registry.json'),
    }),
  })
  return { containments, recovery, bundles, hold, ledgerWatch, attestor, airlock }
}

/** The registry of models, as containment needs it: doing twice what is done is nothing. */
function quarantineOf({ models }: Host): ModelQuarantine {
  const isRevoked = async (id: string) => (await models.find(id)).model.removed
  return {
    isRevoked,
    async revoke(id) {
      if (!(await isRevoked(id))) await models.setRemoved(id, true, 'containment')
    },
    async reinstate(id) {
      const { state } = await models.verify(id, () => undefined, AbortSignal.timeout(10 * 60_000))
      if (state !== 'intact') throw new Error(`The file of the model ${id} is ${state}, so it stays out of use.`)
      if (await isRevoked(id)) await models.setRemoved(id, false, 'recovery')
    },
  }
}

async function digestOfFile(path: string): Promise<string> {
  const bytes = await readFile(path).catch(() => null)
  return bytes === null ? 'absent' : createHash('sha256').update(bytes).digest('hex')
}
