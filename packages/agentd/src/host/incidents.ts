import type { Incident } from '@castellan/contracts'

/** What went wrong on this machine. agentd's `incidents/` provides it. */
export interface IncidentsPort {
  /** Newest first. */
  list(): Incident[]
  /** Throws `not_found`. */
  get(id: string): Incident
  /** The incident it makes, or counts towards. */
  raise(sighting: { readonly class: 'reported'; readonly subject: string; readonly summary: string }): Incident
  /** Throws `not_found`, `conflict` once it is resolved, or `too_large`. */
  step(id: string, by: string, note: string, contained: boolean): Promise<Incident>
  resolve(id: string, by: string, resolution: string): Promise<Incident>
}
