import { existsSync } from 'node:fs'
import { join } from 'node:path'
import fastifyStatic from '@fastify/static'
import type { FastifyInstance } from 'fastify'
import { asDocument } from './security-headers.ts'

const HOW_TO_BUILD = `The page has not been built yet. In the project's folder, run

    npm run build -w packages/dashboard

and start Castellan again. Until then, npx agentctl chat gives the same chat in a terminal.
`

/** Serves the built page. Its files are public: they are the same on every machine and hold nothing of this one. */
export function addPage(app: FastifyInstance, pageDir: string): void {
  if (!existsSync(join(pageDir, 'index.html'))) {
    app.get('/', { config: { public: true }, onRequest: asDocument }, async (_request, reply) => {
      reply.code(503).type('text/plain; charset=utf-8')
      return HOW_TO_BUILD
    })
    return
  }
  app.register(async (scope) => {
    scope.addHook('onRequest', asDocument)
    scope.addHook('onRoute', (route) => {
      route.config = { ...route.config, public: true }
    })
    await scope.register(fastifyStatic, {
      root: pageDir,
      index: 'index.html',
      dotfiles: 'ignore',
      cacheControl: false,
      setHeaders(reply, path) {
        // Vite names the files in assets/ after their content; everything else is asked for again each time.
        const named = path.startsWith(join(pageDir, 'assets/'))
        reply.header('cache-control', named ? 'public, max-age=31536000, immutable' : 'no-cache')
      },
    })
  })
}
