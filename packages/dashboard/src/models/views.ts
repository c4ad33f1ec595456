import type { AnswerOf, listModels } from '@castellan/contracts/api'

export type ModelListing = AnswerOf<typeof listModels>
export type ImportedModel = ModelListing['items'][number]

export interface Stage {
  readonly stage: string
  readonly result: 'passed' | 'noted' | 'skipped' | 'refused'
  readonly summary: string
  readonly findings?: readonly string[]
}

/** One way through the quarantine, as the tool `model_status` shows it. */
export interface Import {
  readonly importId: string
  readonly state: 'claiming' | 'examining' | 'promoting' | 'trusted' | 'refused' | 'interrupted'
  readonly path: string
  readonly startedAt: string
  readonly sizeBytes: number
  readonly stage: string | null
  readonly stages: readonly Stage[]
  readonly reason: string | null
}

/** As far as this page shows what `system_health` answers. */
export interface Memory {
  readonly memoryAvailableBytes: number
}

export function isUnderWay({ state }: Import): boolean {
  return state === 'claiming' || state === 'examining' || state === 'promoting'
}

/** `4 billion`, `2.6 million`. */
export function countText(count: number): string {
  return new Intl.NumberFormat('en', { notation: 'compact', compactDisplay: 'long', maximumFractionDigits: 1 }).format(
    count,
  )
}
