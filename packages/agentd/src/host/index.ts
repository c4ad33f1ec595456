export type { Grant } from './files/files.ts'
export type { Host } from './host.ts'
export type { LedgerVerdict } from './ledger.ts'
export type { Undone, UndoPort } from './undo.ts'
