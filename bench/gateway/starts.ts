import { setTimeout as sleep } from 'node:timers/promises'
import type { Report } from '../../scripts/bench/report.ts'
import { answers, type Bench, quantile, residentMB, startBare, startGateway, stop } from './processes.ts'

const STARTS = 7
const SETTLE_MS = 3000

const BARE_FASTIFY = `
  import fastify from 'fastify'
  const app = fastify()
  app.get('/health', async () => ({ status: 'ok' }))
  await app.listen({ host: '127.0.0.1', port: Number(process.env.PORT) })`

/** From nothing to the first answer, and what is in memory when nothing happens. */
export async function reportStarts(bench: Bench, report: Report): Promise<void> {
  const { gateway, bare, gatewayMB, bareMB } = await starts(bench)
  const [value, baseline] = [quantile(gateway, 0.5), quantile(bare, 0.5)]
  const goal = 'at most 1.5 times bare fastify'
  report({ name: 'gateway start to first answer, median', value, unit: 'ms', baseline, ratio: value / baseline, goal })
  report({
    ...{ name: 'gateway resident memory when idle', value: gatewayMB, unit: 'MB', baseline: bareMB },
    ...{ ratio: gatewayMB / bareMB, goal: 'under 120 MB (baseline: bare fastify)' },
  })
}

async function starts(bench: Bench): Promise<{ gateway: number[]; bare: number[]; gatewayMB: number; bareMB: number }> {
  const result = { gateway: [] as number[], bare: [] as number[], gatewayMB: 0, bareMB: 0 }
  for (let start = 0; start < STARTS; start++) {
    const begun = performance.now()
    const gateway = startGateway(bench)
    result.gateway.push(await answers(bench.gatewayPort, begun))
    const bareBegun = performance.now()
    const bare = startBare(bench, BARE_FASTIFY)
    result.bare.push(await answers(bench.barePort, bareBegun))
    if (start === STARTS - 1) {
      await sleep(SETTLE_MS)
      result.gatewayMB = residentMB(gateway)
      result.bareMB = residentMB(bare)
    }
    await Promise.all([stop(gateway), stop(bare)])
  }
  return result
}
