/** A file that is no model that could be used: `message` says what is wrong with it and what to do. */
export class GgufError extends Error {
  readonly code = 'model_invalid'

  constructor(message: string) {
    super(message)
    this.name = 'GgufError'
  }
}
