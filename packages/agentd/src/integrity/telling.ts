import type { IntegrityFinding } from '../host/integrity.ts'
import type { Sighting } from '../incidents/sighting.ts'
import { isEdited, type Watched } from './watched.ts'

/** A program that is replaced piece by piece is seen again and again; what is told of it in so long counts once, in milliseconds. */
const PART_MS = 10 * 60_000

export interface TellingParts {
  readonly watched: readonly Watched[]
  readonly raise: (sighting: Sighting) => void
  /** What was seen of a subject that the operator has not closed: a restart does not tell it again. */
  readonly standing?: (subject: string) => string | undefined
}

/**
 * Tells of differences. Those of one kind are one incident, however many there are. What is seen `part` by part, as an upgrade writes
 * it, is told once in a while, and what the owner edits only where it is not as it was told: neither gets worse by being looked at
 * again.
 */
export class Telling {
  readonly #parts: TellingParts
  /** By kind: what was told last, and when. */
  readonly #told = new Map<string, { readonly what: string; readonly at: number }>()

  constructor(parts: TellingParts) {
    this.#parts = parts
  }

  /** From a new baseline on, nothing was told yet. */
  begin(): void {
    this.#told.clear()
  }

  tell(findings: readonly IntegrityFinding[], seen: 'part' | 'whole' = 'whole'): readonly IntegrityFinding[] {
    const { watched, raise, standing } = this.#parts
    const groups = Map.groupBy(findings, ({ kind, path }) => `${kind}${isEdited(watched, path) ? ' (edited)' : ''}`)
    if (seen === 'whole') for (const group of this.#told.keys()) if (!groups.has(group)) this.#told.delete(group)
    for (const [group, these] of groups) {
      const [{ kind, path }] = these as [IntegrityFinding]
      const edited = isEdited(watched, path)
      const subject = edited ? `${kind} of the owner` : kind
      const named = these.slice(0, 3).map(({ path, what }) => `${path} is ${what}`)
      const summary = `${these.length} watched of kind ${kind} differ from the baseline: ${named.join(', ')}.`
      const what = JSON.stringify(these)
      const before = this.#told.get(group)
      const now = performance.now()
      const known = before === undefined ? standing?.(subject) === summary : before.what === what
      if (edited && known) continue
      if (seen === 'part' && before !== undefined && now - before.at < PART_MS) continue
      this.#told.set(group, { what, at: now })
      raise({ class: 'integrity_violation', subject, summary, ...(edited ? {} : { severity: 'high' as const }) })
    }
    return findings
  }
}
