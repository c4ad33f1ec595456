import { runDaemon, SocketServer } from '@castellan/daemon'
import { EngineConfig } from './config.ts'
import { Engine } from './engine.ts'
import { addEngineRoutes } from './routes.ts'

await runDaemon({
  name: 'engine',
  config: EngineConfig,
  async start({ config, log }) {
    const { engineSocket, model, slots, queue, contextTokens, threads } = config
    const engine = new Engine({ modelPath: model, slots, queue, contextTokens, threads, log })
    const server = new SocketServer({ name: 'engine', log })
    addEngineRoutes(server, engine)
    await server.listen({ path: engineSocket, mode: 0o660 })
    // Not awaited: health answers `loading` meanwhile.
    void engine.load()
    return {
      async stop() {
        await server.close()
        await engine.stop()
      },
    }
  },
})
