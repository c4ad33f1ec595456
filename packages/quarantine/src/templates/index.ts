export { judgeTemplate } from './judge.ts'
