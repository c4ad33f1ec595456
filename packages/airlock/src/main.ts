import { runDaemon } from '@castellan/daemon'
import { startAirlock } from './airlock.ts'
import { AirlockConfig } from './config.ts'

await runDaemon({
  name: 'airlock',
  config: AirlockConfig,
  start: ({ config, log }) => startAirlock(config, log),
})
