import { exfiltrationRules, frameRules } from './frame.ts'
import { actRules, authorityRules, concealRules, leakRules } from './intent.ts'
import { languageRules } from './languages.ts'
import { closedUpRules, overrideRules } from './override.ts'
import { addressRules, roleRules } from './role.ts'
import type { Rule } from './rule.ts'

export { hiddenPlaces } from './frame.ts'
export { closedUpRules } from './override.ts'
export type { Rule } from './rule.ts'

/** What plain and decoded text is read for. */
export const allRules: readonly Rule[] = [
  ...overrideRules,
  ...roleRules,
  ...addressRules,
  ...leakRules,
  ...concealRules,
  ...authorityRules,
  ...actRules,
  ...frameRules,
  ...exfiltrationRules,
  ...languageRules,
]

/** What turned text is read for: there, few words are chance, and these are not. */
export const strongRules: readonly Rule[] = [
  ...overrideRules,
  ...roleRules,
  ...leakRules,
  ...concealRules,
  ...authorityRules,
  ...closedUpRules,
].filter(({ weight }) => weight >= 0.45)
