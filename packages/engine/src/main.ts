import { runDaemon, SocketServer } from '@castellan/daemon'
import { createEngine } from './compose.ts'
import { EngineConfig } from './config.ts'
import { Embedder } from './embeddings/embedder.ts'
import { addEmbeddingRoutes } from './embeddings/routes.ts'
import { addEngineRoutes } from './routes.ts'

await runDaemon({
  name: 'engine',
  config: EngineConfig,
  async start({ config, log }) {
    const { engineSocket, queue, threads } = config
    const engine = createEngine(config, log)
    const server = new SocketServer({ name: 'engine', log })
    addEngineRoutes(server, engine, config.modelsFolder)
    const embedder = new Embedder({
      modelPath: config.embeddingModel,
      contextTokens: config.embeddingContextTokens,
      threads,
      idleMs: config.embeddingIdleSeconds * 1000,
      queue,
      log,
    })
    addEmbeddingRoutes(server, embedder)
    await server.listen({ path: engineSocket, mode: 0o660 })
    // Not awaited: health answers `loading` meanwhile.
    void engine.load()
    return {
      async stop() {
        await server.close()
        await Promise.all([engine.stop(), embedder.stop()])
      },
    }
  },
})
