/** One generation of the system profile. */
export interface Generation {
  readonly number: number
  readonly createdAt: Date
  readonly current: boolean
  /** Store path of the system. */
  readonly path: string
  readonly nixosVersion: string | null
  readonly kernelVersion: string | null
}

export interface Nix {
  /** Generations of the system profile, newest first. */
  generations(signal: AbortSignal): Promise<readonly Generation[]>
}
