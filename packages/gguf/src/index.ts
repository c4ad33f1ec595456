export { fileDigest } from './digest.ts'
export { GgufError } from './error.ts'
export { type GgufHeader, type GgufTensor, type GgufValue, readGgufHeader } from './header.ts'
export { inspectModel, type ModelFacts } from './inspect.ts'
