export { judgeSource, type Source, SourcePolicy } from './judge.ts'
