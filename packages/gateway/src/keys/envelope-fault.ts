/**
 * Why an envelope does not open. `truncated`: it ends too early. `unsupported`: of another format or version. `foreign`: sealed under
 * another key. `swapped`: it is about something else. `rolled_back`: an older version. `corrupt`: changed.
 */
export type EnvelopeFaultReason = 'truncated' | 'unsupported' | 'foreign' | 'swapped' | 'rolled_back' | 'corrupt'

/** Carries the reason and nothing of the content. */
export class EnvelopeFault extends Error {
  readonly reason: EnvelopeFaultReason

  constructor(reason: EnvelopeFaultReason) {
    super(`the envelope is ${reason}`)
    this.name = 'EnvelopeFault'
    this.reason = reason
  }
}
