export { type Appended, CLOCK_TOLERANCE_MS } from './append/batch.ts'
export { LedgerError, type LedgerErrorCode } from './error.ts'
export { Ledger, type LedgerOptions, type InclusionProof } from './ledger.ts'
