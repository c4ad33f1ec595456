import { request } from 'node:http'
import type { ProcessDefinition } from './definition.ts'

const ANSWER_WITHIN_MS = 2000

/** Whether a process answers its health route with 200. */
export function isHealthy(health: ProcessDefinition['health']): Promise<boolean> {
  return new Promise((resolve) => {
    const target = 'url' in health ? new URL(health.url) : undefined
    const options = 'socketPath' in health ? { socketPath: health.socketPath, path: '/v1/health' } : {}
    const probe = request(target ?? 'http://localhost/v1/health', {
      ...options,
      timeout: ANSWER_WITHIN_MS,
      agent: false,
    })
    probe.once('response', (response) => {
      response.resume()
      resolve(response.statusCode === 200)
    })
    probe.once('timeout', () => probe.destroy())
    probe.once('error', () => resolve(false))
    probe.end()
  })
}
