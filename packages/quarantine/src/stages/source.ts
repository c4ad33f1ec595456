import { judgeSource } from '../source/index.ts'
import type { JobOf } from './job.ts'
import { type StageVerdict, verdictOf } from './verdict.ts'

/** Stage 1: where it is said to come from. */
export function sourceStage({ declared, policy }: JobOf<'source'>): StageVerdict {
  const source = judgeSource(declared, policy)
  if (source.kind === 'refused') {
    return verdictOf('source', '', [{ level: 'refuse', code: 'source', message: source.why }], { kind: 'refused' })
  }
  if (source.kind === 'local')
    return verdictOf('source', 'A file of this machine; nobody said where it comes from.', [], { kind: 'local' })
  const { host, revision, fixed } = source
  const moving =
    revision !== null && !fixed
      ? [
          {
            level: 'note' as const,
            code: 'moving',
            message: `The address names ${JSON.stringify(revision)}, which may be another file tomorrow.`,
          },
        ]
      : []
  return verdictOf('source', `Said to come from ${host}.`, moving, { kind: 'https', host, revision, fixed })
}
