export { BehaviourLimits } from './behaviour/risk.ts'
export {
  ClaimError,
  type ClaimErrorCode,
  type ClaimedFile,
  claimFile,
  claimFolder,
  folderDigest,
  hashOf,
} from './claim/index.ts'
export { ProvenanceTrust } from './provenance/trust.ts'
export { SourcePolicy } from './source/index.ts'
export { type JobOf, Pin, type StageFile, StageJob, StageName, stageNames } from './stages/job.ts'
export { stageProgram } from './stages/program.ts'
export {
  MAX_STAGE_LINE_BYTES,
  MAX_STAGE_OUTPUT_BYTES,
  StageLine,
  type StageProgress,
  StageVerdict,
} from './stages/verdict.ts'
