import { runDaemon } from '@castellan/daemon'
import { GatewayConfig } from './config.ts'
import { listen } from './listen.ts'
import { buildServer } from './server.ts'

await runDaemon({
  name: 'gateway',
  config: GatewayConfig,
  async start({ config, log }) {
    const app = await buildServer(config, log)
    const url = await listen(app, config)
    log.info({ url }, 'listening')
    return {
      stop: () => app.close(),
      async reload() {
        await Promise.all([app.reloadOwnerToken(), app.reloadAgents()])
      },
    }
  },
})
