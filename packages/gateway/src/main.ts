import { runDaemon } from '@castellan/daemon'
import { GatewayConfig } from './config.ts'
import { listen } from './listen.ts'
import { buildServer } from './server.ts'

await runDaemon({
  name: 'gateway',
  config: GatewayConfig,
  async start({ config, log }) {
    const app = await buildServer(config, log)
    await listen(app, config)
    return {
      stop: () => app.close(),
      async reload() {
        await Promise.all([app.reloadOwnerToken(), app.reloadAgents()])
      },
    }
  },
})
