export { removeFolder, temporaryFolder } from './folder.ts'
export { findCommand, type Requirement, requires } from './requires.ts'
export { readTree } from './tree.ts'
export { until } from './until.ts'
