import { Freeze, GatewayHealth, LedgerState, ProcessHealth } from '@castellan/contracts'
import { z } from 'zod'
import { duration } from '../describe.ts'
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
        terminal.result({ instance, agentd, gateway }, () => {
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
          terminal.line(`stop      ${howToStop(instance.pid)}`)
        })
        return agentd.state === 'ready' && gateway?.status === 'ok' ? exitCodes.ok : exitCodes.failed
      }),
    )
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
  const incidents = `${incidents_open} incident${incidents_open === 1 ? '' : 's'} in the last hour: agentctl incidents`
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
