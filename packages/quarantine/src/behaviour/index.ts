export { categories, categoryNames } from './categories.ts'
export { type CandidateEngine, type Examined, examine } from './examine.ts'
export { BehaviourLimits } from './risk.ts'
