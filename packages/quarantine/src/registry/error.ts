/** What can be wrong with the list of trusted models. */
export type RegistryErrorCode =
  | 'registry_missing'
  | 'registry_damaged'
  | 'registry_forged'
  | 'registry_rolled_back'
  | 'model_untrusted'
  | 'model_changed'

/** No model may be loaded by what this is about. The message says what to do. */
export class RegistryError extends Error {
  readonly code: RegistryErrorCode

  constructor(code: RegistryErrorCode, message: string, options: { cause?: unknown } = {}) {
    super(message, options)
    this.name = 'RegistryError'
    this.code = code
  }
}
