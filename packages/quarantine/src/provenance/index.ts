export { verifyProvenance } from './verify.ts'
