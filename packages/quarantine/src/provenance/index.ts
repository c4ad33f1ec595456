export type { CandidateFile } from './statement.ts'
export { ProvenanceTrust } from './trust.ts'
export { type Provenance, verifyProvenance } from './verify.ts'
