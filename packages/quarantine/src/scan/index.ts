export { judgeMetadata, judgeWeights } from './judge.ts'
export { scanWeights, type TensorWeights } from './weights.ts'
