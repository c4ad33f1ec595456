import { runDaemon } from '@castellan/daemon'
import { Config } from './config.ts'
import { startAgentd } from './daemon.ts'

await runDaemon({ name: 'agentd', config: Config, start: startAgentd })
