import type { ErrorCode } from '@castellan/contracts'

/** A refusal on its way between threads; the other side makes a `CastellanError` of it. */
export class StoreFault extends Error {
  readonly code: ErrorCode

  constructor(code: ErrorCode, message: string) {
    super(message)
    this.name = 'StoreFault'
    this.code = code
  }
}

/** What to say of whatever a database failed with. */
export function faultOf(error: unknown): StoreFault {
  if (error instanceof StoreFault) return error
  const code = (error as { code?: unknown }).code
  const { message } = error as Error
  if (code === 'SQLITE_CORRUPT' || code === 'SQLITE_NOTADB') {
    return new StoreFault(
      'conversations_unreadable',
      `What was kept here is damaged (${message}). Put the file back from a backup.`,
    )
  }
  if (typeof code === 'string' && code.startsWith('SQLITE_')) {
    return new StoreFault(
      'conversations_unwritable',
      `What was said could not be written down (${code}: ${message}). Make room on the disk of the state folder, then say it again.`,
    )
  }
  return new StoreFault('internal', message)
}
