import { Freeze, GatewayHealth, LedgerState, ProcessHealth } from '@castellan/contracts'
import { z } from 'zod'
import type { Context } from '../context.ts'
import { duration, plural } from '../describe.ts'
import { exitCodes } from '../exit.ts'
import type { Cli } from '../program.ts'
import { printable } from '../terminal.ts'

export function addStatus({ program, act }: Cli): void {
  program
    .command('status')
    .description('show whether Castellan runs, where, and how its parts are')
    .action(
      act(async (context) => {
        const { terminal } = context
        const instance = await context.instance()
        const operator = await context.operator()
        const agentd = await operator.request('GET', '/v1/health', { schema: ProcessHealth })
        const gateway = await gatewayHealth(instance.url)
        const airlock = await airlockHealth(context)
        terminal.result({ instance, agentd, gateway, airlock }, () => {
          const good = (text: string, ok: boolean) => terminal.paint(ok ? 'green' : 'red', text)
          terminal.line(`page      ${instance.url}`)
          terminal.line(`state     ${context.stateFolder}`)
          terminal.line(`agentd    ${good(agentd.state, agentd.state === 'ready')}`)
          for (const complaint of complaintsOf(agentd)) terminal.line(`          ${printable(complaint)}`)
          terminal.line(
            gateway === null
              ? `gateway   ${good('does not answer', false)}`
              : `gateway   ${good(gateway.status, gateway.status === 'ok')}, up ${duration(gateway.uptime_s)}`,
          )
          if (gateway !== null) terminal.line(`engine    ${good(gateway.engine, gateway.engine === 'ready')}`)
          terminal.line(`airlock   ${good(airlockWords(airlock), airlock?.state === 'ready')}`)
          terminal.line(`stop      ${howToStop(instance.pid)}`)
        })
        return agentd.state === 'ready' && gateway?.status === 'ok' ? exitCodes.ok : exitCodes.failed
      }),
    )
}

/** Null where the airlock does not answer: nothing leaves then, and everything on this machine goes on. */
async function airlockHealth(context: Context): Promise<ProcessHealth | null> {
  const airlock = await context.airlock()
  return airlock.request('GET', '/v1/health', { schema: ProcessHealth, timeoutMs: 5000 }).catch(() => null)
}

const AirlockDetail = z.looseObject({ off: z.boolean(), destinations: z.int(), damage: z.string().optional() })

function airlockWords(health: ProcessHealth | null): string {
  const detail = AirlockDetail.safeParse(health?.detail).data
  if (detail === undefined) return 'does not answer'
  if (detail.damage !== undefined) return printable(detail.damage)
  if (detail.off) return 'shut: agentctl airlock on opens it'
  return detail.destinations === 0
    ? 'ready, and nothing may leave'
    : `ready, destinations allowed: ${detail.destinations}`
}

/** The supervisor's process is 1 where systemd starts Castellan. */
function howToStop(supervisor: number): string {
  return supervisor === 1 ? "systemctl stop 'castellan-*'" : `Ctrl-C where it was started, or kill ${supervisor}`
}

const Detail = z.looseObject({
  ledger: LedgerState.optional(),
  witnesses: z.looseObject({ alarms: z.array(z.string()) }).optional(),
  incidents_open: z.number().optional(),
  frozen: Freeze.nullable().optional(),
})

/** What agentd says is wrong, one sentence each. */
function complaintsOf({ detail }: ProcessHealth): string[] {
  const { ledger, witnesses, incidents_open = 0, frozen } = Detail.parse(detail ?? {})
  const incidents = `${plural(incidents_open, 'incident')} in the last hour: agentctl incidents`
  const frozenBy = frozen?.reason ? `: ${frozen.reason}` : ''
  return [
    ...(frozen === undefined ? [] : [`agents are frozen${frozenBy}. agentctl thaw lets them act again`]),
    ...(ledger?.message === undefined ? [] : [ledger.message]),
    ...(witnesses?.alarms ?? []),
    ...(incidents_open === 0 ? [] : [incidents]),
  ]
}

async function gatewayHealth(url: string): Promise<GatewayHealth | null> {
  try {
    const answer = await fetch(new URL('/health', url), { signal: AbortSignal.timeout(5000) })
    return GatewayHealth.parse(await answer.json())
  } catch {
    return null
  }
}
