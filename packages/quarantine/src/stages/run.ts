import { behaviourStage } from './behaviour.ts'
import { formatStage } from './format.ts'
import { imageStage } from './image.ts'
import { integrityStage } from './integrity.ts'
import type { StageJob } from './job.ts'
import { provenanceStage } from './provenance.ts'
import { scanStage } from './scan.ts'
import { sourceStage } from './source.ts'
import type { StageProgress, StageVerdict } from './verdict.ts'

/** Runs one stage. Whatever it throws is a failure of the stage, never a verdict. */
export async function runStage(job: StageJob, progress: (progress: StageProgress) => void): Promise<StageVerdict> {
  switch (job.stage) {
    case 'source':
      return sourceStage(job)
    case 'format':
      return formatStage(job)
    case 'integrity':
      return integrityStage(job)
    case 'provenance':
      return provenanceStage(job)
    case 'scan':
      return scanStage(job, progress)
    case 'image':
      return imageStage(job)
    case 'behaviour':
      return behaviourStage(job, progress)
  }
}
