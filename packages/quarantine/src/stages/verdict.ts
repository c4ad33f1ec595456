import { z } from 'zod'
import { StageName } from './job.ts'

export const Finding = z.strictObject({
  level: z.enum(['refuse', 'note']),
  code: z.string().max(60),
  message: z.string().max(600),
})
export type Finding = z.infer<typeof Finding>

/** What was found, in figures and words of the stage's own making; a model's own words only where a field says so. */
const Evidence = z.record(
  z.string().max(60),
  z.union([
    z.string().max(1000),
    z.number(),
    z.boolean(),
    z.null(),
    z.array(z.record(z.string().max(60), z.union([z.string().max(300), z.number(), z.boolean(), z.null()]))).max(100),
  ]),
)
export type Evidence = z.infer<typeof Evidence>

/** What one stage says. `noted`: passed, with something for a person to know. `skipped`: it does not apply to this candidate. */
export const StageVerdict = z.strictObject({
  stage: StageName,
  result: z.enum(['passed', 'noted', 'skipped', 'refused']),
  /** One sentence. */
  summary: z.string().max(500),
  findings: z.array(Finding).max(50),
  evidence: Evidence,
})
export type StageVerdict = z.infer<typeof StageVerdict>

export const StageProgress = z.strictObject({
  message: z.string().max(200),
  done: z.number().min(0),
  total: z.number().min(0),
})
export type StageProgress = z.infer<typeof StageProgress>

/** One line that a stage's process writes. The last one is its verdict. */
export const StageLine = z.union([
  z.strictObject({ progress: StageProgress }),
  z.strictObject({ verdict: StageVerdict }),
])
export type StageLine = z.infer<typeof StageLine>

/** Largest line, in bytes, and how many of them: a stage that writes more is stopped. */
export const MAX_STAGE_LINE_BYTES = 256 * 1024
export const MAX_STAGE_OUTPUT_BYTES = 4 * 1024 * 1024

const MOST_FINDINGS = 50

/** The verdict that findings amount to: one that refuses refuses, one that notes notes. */
export function verdictOf(
  stage: StageName,
  summary: string,
  findings: readonly Finding[],
  evidence: Evidence,
): StageVerdict {
  const refusals = findings.filter(({ level }) => level === 'refuse')
  const result = refusals.length > 0 ? 'refused' : findings.length > 0 ? 'noted' : 'passed'
  const first = refusals[0]?.message
  const kept = [...refusals, ...findings.filter(({ level }) => level === 'note')].slice(0, MOST_FINDINGS)
  return {
    stage,
    result,
    summary: cut(first ?? summary, 500),
    findings: kept.map((finding) => ({ ...finding, message: cut(finding.message, 600) })),
    evidence,
  }
}

export function skipped(stage: StageName, summary: string): StageVerdict {
  return { stage, result: 'skipped', summary, findings: [], evidence: {} }
}

/** Cut to a length, without leaving half a character behind. */
export function cut(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1).toWellFormed()}…`
}
