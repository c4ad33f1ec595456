import { ContainmentAction, type Incident, IncidentClass, IncidentSeverity } from '@castellan/contracts'
import { z } from 'zod'

const HOUR_MS = 60 * 60_000
const levels = IncidentSeverity.options

/** How bad each class is when it is seen once. */
const BASE: Readonly<Record<IncidentClass, IncidentSeverity>> = {
  attestation_failure: 'critical',
  // Of what the owner edits; of all else whoever raises it says more.
  integrity_violation: 'medium',
  manifest_mismatch: 'high',
  unauthorized_access: 'medium',
  policy_bypass_attempt: 'medium',
  prompt_injection: 'medium',
  tool_call_burst: 'low',
  model_behavior_anomaly: 'medium',
  forbidden_egress: 'medium',
  ledger_damage: 'critical',
  sandbox_escape_attempt: 'high',
  watched_failure: 'low',
  reported: 'low',
}

type Measures = Partial<Record<IncidentSeverity, readonly ContainmentAction[]>>

/**
 * What is done by itself, from which severity on. Whoever can only write text to the machine from outside (pages, names in a log, guesses
 * at a password) must not be able to stop it, so such classes do little before they are critical.
 */
const MEASURES: Readonly<Partial<Record<IncidentClass, Measures>>> = {
  attestation_failure: { critical: ['airlock_off', 'freeze_agents'] },
  integrity_violation: { high: ['airlock_off'], critical: ['freeze_agents', 'lock_credentials'] },
  manifest_mismatch: { high: ['quarantine_model'] },
  unauthorized_access: { high: ['revoke_capabilities'], critical: ['suspend_tokens'] },
  policy_bypass_attempt: { high: ['revoke_capabilities'], critical: ['freeze_agents'] },
  prompt_injection: { critical: ['airlock_off'] },
  tool_call_burst: { critical: ['freeze_agents'] },
  model_behavior_anomaly: { critical: ['revoke_capabilities'] },
  forbidden_egress: { high: ['airlock_off'], critical: ['freeze_agents'] },
  // agentd itself takes no change while its ledger is damaged, and lets agents read what there is (docs/ledger.md).
  ledger_damage: { critical: ['airlock_off'] },
  sandbox_escape_attempt: { high: ['revoke_capabilities', 'freeze_agents'] },
}

/** `incidents` in agentd's configuration. */
export const IncidentConfig = z
  .strictObject({
    /** Whether anything is done by itself; without it the operator contains by hand. */
    automaticContainment: z.boolean().default(true),
    /** Seconds of quiet after which an incident whose cause cannot be looked at counts as over, for the way back. */
    quietSeconds: z.int().min(0).max(86_400).default(60),
    /** How bad a class is when it is seen once, where it is not as it is built in. */
    severity: z.partialRecord(IncidentClass, IncidentSeverity).default({}),
    /** Counts of one incident from which it is one level worse, each. */
    escalateAtCounts: z.array(z.int().min(2).max(1_000_000)).max(3).default([10, 100]),
    /** Hours after which an incident that nobody contained or resolved, and that goes on, is one level worse; never with 0. */
    escalateAfterHours: z.int().min(0).max(8760).default(24),
    /** Per class and severity what is done instead of what is built in; `[]` for nothing. */
    containment: z
      .partialRecord(IncidentClass, z.partialRecord(IncidentSeverity, z.array(ContainmentAction).max(6)))
      .default({}),
  })
  .prefault({})
export type IncidentConfig = z.output<typeof IncidentConfig>

/** The severity that an incident has by these rules; never less than it had, nor than what was seen last. */
export function severityOf(
  rules: IncidentConfig,
  incident: Pick<Incident, 'class' | 'count' | 'first_at' | 'last_at' | 'severity' | 'state'>,
  atLeast: IncidentSeverity = 'low',
): IncidentSeverity {
  const base = levels.indexOf(rules.severity[incident.class] ?? BASE[incident.class])
  const byCount = rules.escalateAtCounts.filter((count) => incident.count >= count).length
  const lasted = Date.parse(incident.last_at) - Date.parse(incident.first_at)
  const { escalateAfterHours: hours } = rules
  const byTime = hours > 0 && incident.state === 'open' && lasted >= hours * HOUR_MS ? 1 : 0
  const level = Math.max(base + byCount + byTime, levels.indexOf(incident.severity), levels.indexOf(atLeast))
  return levels[Math.min(level, levels.length - 1)] as IncidentSeverity
}

/** What an incident is seen as at first. */
export function baseSeverity(rules: IncidentConfig, of: IncidentClass): IncidentSeverity {
  return rules.severity[of] ?? BASE[of]
}

/** What is to be done about it by itself: all that its severity and those below ask for. */
export function measuresFor(
  rules: IncidentConfig,
  { class: of, severity }: Pick<Incident, 'class' | 'severity'>,
): ContainmentAction[] {
  if (!rules.automaticContainment) return []
  const wanted = levels
    .slice(0, levels.indexOf(severity) + 1)
    .flatMap(
      (level) =>
        rules.containment[of]?.[level] ??
        (rules.containment[of] === undefined ? MEASURES[of]?.[level] : undefined) ??
        [],
    )
  return [...new Set(wanted)]
}
