export type { Grant } from './files/files.ts'
export type { Host } from './host.ts'
export type { LedgerVerdict } from './ledger.ts'
export type { UndoLook, Undone, UndoPort } from './undo.ts'
