import { judgeSource } from '../source/index.ts'
import type { JobOf, Pin } from './job.ts'
import { type Finding, type StageVerdict, verdictOf } from './verdict.ts'

/** Stage 3: whether it is the very file that somebody meant. The digests are the daemon's own, of the copy that is examined. */
export function integrityStage({ expected, declared, digest, pins }: JobOf<'integrity'>): StageVerdict {
  const findings: Finding[] = []
  if (expected !== undefined && expected !== digest) {
    findings.push(
      refuse(
        'digest',
        `It has the SHA-256 ${digest}, not ${expected}: it is another file, or was changed. Get it again from where the digest came.`,
      ),
    )
  }
  const pin = declared === undefined ? undefined : pins.find(({ source }) => source === declared)
  if (declared !== undefined && pin !== undefined) findings.push(...againstPin(declared, digest, pin))
  const pinned = findings.length === 0 && (expected !== undefined || pin !== undefined)
  const evidence = {
    sha256: digest,
    pinned,
    by: pin === undefined ? (expected === undefined ? 'nobody' : 'request') : 'configuration',
  }
  if (pinned) return verdictOf('integrity', 'It is the very file that its digest names.', findings, evidence)
  const first = 'Nobody gave its digest: it is trusted as it came, and any other file of its name will not be.'
  return verdictOf('integrity', first, [...findings, { level: 'note', code: 'first_use', message: first }], evidence)
}

function againstPin(declared: string, digest: string, pin: Pin): Finding[] {
  const findings: Finding[] = []
  if (pin.sha256 !== digest)
    findings.push(refuse('pin', `The configuration pins ${pin.sha256} for this address, and it has ${digest}.`))
  const source = judgeSource(declared, { hosts: [new URL(declared).hostname] })
  const revision = source.kind === 'https' ? source.revision : null
  if (pin.revision !== undefined && pin.revision !== revision) {
    findings.push(
      refuse(
        'revision',
        `The configuration pins revision ${pin.revision}, and the address names ${revision ?? 'none'}.`,
      ),
    )
  }
  return findings
}

function refuse(code: string, message: string): Finding {
  return { level: 'refuse', code, message }
}
