export { type Finding, judgeMetadata, judgeWeights } from './judge.ts'
export { scanWeights, type TensorWeights, type WeightScan } from './weights.ts'
