export { fence } from './fence.ts'
export type { Mark, Reason, Screening, Verdict } from './mark.ts'
export { INJECTION_SCORE, SUSPECT_SCORE, screen } from './screen.ts'
export { screenValue, textsIn } from './value.ts'
