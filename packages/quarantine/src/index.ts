export { BehaviourLimits } from './behaviour/index.ts'
export {
  ClaimError,
  type ClaimErrorCode,
  type ClaimedFile,
  claimFile,
  claimFolder,
  folderDigest,
  hashOf,
} from './claim/index.ts'
export { ProvenanceTrust } from './provenance/index.ts'
export { SourcePolicy } from './source/index.ts'
export { type JobOf, Pin, type StageFile, StageJob, StageName, stageNames } from './stages/job.ts'
export { runStage } from './stages/run.ts'
export {
  MAX_STAGE_LINE_BYTES,
  MAX_STAGE_OUTPUT_BYTES,
  StageLine,
  type StageProgress,
  StageVerdict,
} from './stages/verdict.ts'
