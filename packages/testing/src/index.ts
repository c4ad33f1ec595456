export { temporaryFolder } from './folder.ts'
export { findCommand, type Requirement, requires } from './requires.ts'
export { until } from './until.ts'
