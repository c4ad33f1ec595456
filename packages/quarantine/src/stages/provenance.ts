import { verifyProvenance } from '../provenance/index.ts'
import type { JobOf } from './job.ts'
import { type Finding, type StageVerdict, verdictOf } from './verdict.ts'

/** Stage 4: who vouches for it. A signature that does not hold always refuses; none, or a stranger's, where policy wants one. */
export function provenanceStage({ bundle, files, trust, required }: JobOf<'provenance'>): StageVerdict {
  const provenance = verifyProvenance({ bundle, files, trust })
  const { state } = provenance
  if (provenance.state === 'verified') {
    const { signer, kind } = provenance
    return verdictOf('provenance', `Signed by ${signer} (${kind}).`, [], { state, signer, kind })
  }
  const why = provenance.state === 'unsigned' ? 'Nobody signed it.' : provenance.why
  const refused = provenance.state === 'invalid' || required
  const words =
    required && provenance.state !== 'invalid' ? `${why} The policy wants a signature of somebody trusted.` : why
  const finding: Finding = { level: refused ? 'refuse' : 'note', code: state, message: words }
  return verdictOf('provenance', words, [finding], { state, signer: null })
}
