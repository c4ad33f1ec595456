import { setImmediate as nextTurn } from 'node:timers/promises'
import {
  type Destination,
  INSPECTION_DEFAULTS,
  type InspectionAction,
  InspectionClass,
  type InspectionPolicy,
} from '@castellan/contracts'
import type { Finding, Span } from './finding.ts'
import type { Marks } from './marks.ts'
import { isAtHome, type Outgoing, partsOf } from './parts.ts'
import { redact } from './redact.ts'
import { scanPart } from './scan.ts'

/** How long the process looks at one request before others have their turn, in milliseconds. */
const TURN_MS = 4
/** What takes longer to look at was made for that. */
const MAX_MS = 10_000

/** What becomes of a request. */
export type Verdict =
  | {
      readonly action: 'allow'
      readonly outgoing: Outgoing
      readonly redacted: readonly Finding[]
      /** Where in the body something was taken out. */
      readonly cuts: readonly Span[]
    }
  | { readonly action: 'ask' | 'block'; readonly findings: readonly Finding[] }

const STRENGTH: Readonly<Record<InspectionAction, number>> = { allow: 0, redact: 1, ask: 2, block: 3 }

/** Looks into requests before they leave. What its destination's entry says of a class counts, then the configuration, then the defaults. */
export class Inspector {
  readonly #marks: Marks
  readonly #policy: InspectionPolicy

  constructor(marks: Marks, policy: InspectionPolicy) {
    this.#marks = marks
    this.#policy = policy
  }

  /** A request that is to be redacted is looked at again afterwards: what cannot be cut out is refused. */
  async inspect(outgoing: Outgoing, destination: Destination, signal: AbortSignal): Promise<Verdict> {
    const findings = await this.#find(outgoing, destination, signal)
    const strongest = this.#strongest(findings, destination)
    if (strongest === 'allow') return { action: 'allow', outgoing, redacted: [], cuts: [] }
    if (strongest !== 'redact') return { action: strongest, findings: this.#acting(findings, destination) }
    const redacted = this.#acting(findings, destination)
    const cleaned = redact(outgoing, redacted)
    if (cleaned === undefined) return { action: 'block', findings: redacted }
    const rest = this.#acting(await this.#find(cleaned.outgoing, destination, signal), destination)
    return rest.length > 0 ? { action: 'block', findings: rest } : { action: 'allow', ...cleaned, redacted }
  }

  async #find(outgoing: Outgoing, destination: Destination, signal: AbortSignal): Promise<Finding[]> {
    const { auth = 'own' } = destination
    const host = outgoing.url.hostname
    const wanted = new Set(InspectionClass.options.filter((of) => this.#actionFor(of, destination) !== 'allow'))
    const findings: Finding[] = []
    let since = performance.now()
    const late = since + MAX_MS
    for (const part of partsOf(outgoing)) {
      const found: Finding[] = []
      for (const _text of scanPart(part, this.#marks, wanted, found)) {
        if (performance.now() - since < TURN_MS) continue
        await nextTurn()
        signal.throwIfAborted()
        since = performance.now()
        if (since < late) continue
        return [...findings, { class: 'unreadable', kind: 'takes_too_long', place: part.place, span: undefined }]
      }
      const isHome = ({ class: of, kind, place, name = '' }: Finding): boolean =>
        place === 'header' && (of === 'credential' || of === 'secret') && isAtHome(kind, name, part.text, host, auth)
      const isKnown = ({ kind, place }: Finding): boolean =>
        part.together === true && findings.some((other) => other.kind === kind && other.place === place)
      findings.push(...found.filter((finding) => !isHome(finding) && !isKnown(finding)))
    }
    return findings
  }

  #acting(findings: readonly Finding[], destination: Destination): Finding[] {
    return findings.filter(({ class: of }) => this.#actionFor(of, destination) !== 'allow')
  }

  #strongest(findings: readonly Finding[], destination: Destination): InspectionAction {
    return findings
      .map(({ class: of }) => this.#actionFor(of, destination))
      .reduce<InspectionAction>((most, action) => (STRENGTH[action] > STRENGTH[most] ? action : most), 'allow')
  }

  #actionFor(of: InspectionClass, { inspect }: Destination): InspectionAction {
    return inspect?.[of] ?? this.#policy[of] ?? INSPECTION_DEFAULTS[of]
  }
}
