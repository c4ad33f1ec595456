export { judgeSource, SourcePolicy } from './judge.ts'
