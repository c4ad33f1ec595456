export type { CandidateFile } from './statement.ts'
export { type Provenance, ProvenanceTrust, verifyProvenance } from './verify.ts'
