export { type Category, categories, categoryNames } from './categories.ts'
export { type CandidateEngine, type Examined, examine } from './examine.ts'
export { BehaviourLimits, type CategoryRisk, type RiskProfile } from './risk.ts'
