export { fileDigest } from './digest.ts'
export { GgufError } from './error.ts'
export { type GgufHeader, type GgufTensor, type GgufValue, readGgufHeader } from './header.ts'
export { type EmbeddingFacts, inspectEmbeddingModel, inspectModel, type ModelFacts } from './inspect.ts'
