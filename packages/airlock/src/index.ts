export { type RunningAirlock, startAirlock } from './airlock.ts'
export { AirlockConfig } from './config.ts'
