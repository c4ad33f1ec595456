export { openClassifier, type Verdict } from './analysis/classify.ts'
export type { Mount } from './bubblewrap.ts'
export { judgeCall, reasonToAsk } from './judge-call.ts'
export { type CommandJob, type CommandReport, Sandbox } from './sandbox.ts'
