/** What is wrong with the form of a file. Codes are stable: the corpus of malformed files names them. */
export type FormatErrorCode =
  | 'not_a_model'
  | 'refused_kind'
  | 'unsupported'
  | 'truncated'
  | 'too_many'
  | 'too_long'
  | 'bad_text'
  | 'bad_key'
  | 'duplicate'
  | 'bad_type'
  | 'bad_value'
  | 'bad_alignment'
  | 'bad_shape'
  | 'bad_offset'
  | 'overlap'
  | 'gap'
  | 'hidden_data'
  | 'trailing_data'
  | 'bad_json'

/** A file that is not what it has to be. `message` is one sentence about the file ("…"), `offset` where it was found. */
export class FormatError extends Error {
  readonly code: FormatErrorCode
  /** Bytes from the beginning of the file, where that makes sense. */
  readonly offset: number | undefined

  constructor(code: FormatErrorCode, message: string, offset?: number) {
    super(message)
    this.name = 'FormatError'
    this.code = code
    this.offset = offset
  }
}

/** A model's own words, fit for a message: short, quoted, nothing that a terminal acts on. */
export function quoted(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 77)}...` : text)
}
