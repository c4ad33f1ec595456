/** Why something was not taken in. */
export type ClaimErrorCode =
  | 'not_a_file'
  | 'hard_link'
  | 'too_large'
  | 'changed'
  | 'hidden'
  | 'bad_name'
  | 'too_many'
  | 'foreign_file'

export class ClaimError extends Error {
  readonly code: ClaimErrorCode

  constructor(code: ClaimErrorCode, message: string) {
    super(message)
    this.name = 'ClaimError'
    this.code = code
  }
}
