import { CastellanError } from '@castellan/contracts'
import { commandFailed, findProgram, runCommand } from './command.ts'

/** One chain of rules. Only a chain with a hook sees packets by itself; its policy decides about what no rule does. */
export interface FirewallChain {
  readonly family: string
  readonly table: string
  readonly name: string
  readonly hook: string | null
  readonly policy: string | null
  readonly rules: number
}

export interface Firewall {
  readonly backend: 'nftables' | 'iptables'
  readonly chains: readonly FirewallChain[]
  /** The rules as the backend's own tool writes them, without counters. */
  readonly text: string
}

const MAX_OUTPUT_BYTES = 4 * 1024 * 1024

/** The packet filter: nftables, else iptables. Throws `unsupported_host` where neither tool is there, `permission_denied` without root. */
export async function readFirewall(signal: AbortSignal): Promise<Firewall> {
  const nft = await findProgram('nft').catch(() => null)
  if (nft !== null) {
    const json = await query(nft, ['--json', '--terse', 'list', 'ruleset'], signal)
    const text = await query(nft, ['--stateless', '--terse', 'list', 'ruleset'], signal)
    return { backend: 'nftables', chains: parseNftables(json), text }
  }
  const programs = await Promise.all(
    ['iptables-save', 'ip6tables-save'].map((name) => findProgram(name).catch(() => null)),
  )
  const texts: string[] = []
  for (const program of programs) if (program !== null) texts.push(withoutNoise(await query(program, [], signal)))
  if (texts.length === 0) {
    throw new CastellanError(
      'unsupported_host',
      'This host has neither nft nor iptables, so its packet filter cannot be read. Installing nftables would make this work.',
    )
  }
  const [four = '', six = ''] = programs[0] === null ? ['', texts[0]] : texts
  return {
    backend: 'iptables',
    chains: [...parseIptables(four, 'ip'), ...parseIptables(six, 'ip6')],
    text: [four, six].filter((text) => text !== '').join('\n'),
  }
}

async function query(program: string, args: readonly string[], signal: AbortSignal): Promise<string> {
  const result = await runCommand(program, args, { signal, maxOutputBytes: MAX_OUTPUT_BYTES })
  if (result.exitCode === 0) return result.stdout
  if (/operation not permitted|permission denied|must be root/i.test(result.stderr)) {
    throw new CastellanError(
      'permission_denied',
      'The packet filter may be read by root only, and this agentd is not root.',
    )
  }
  throw commandFailed(program, result)
}

/** libnftables-json(5). */
export function parseNftables(json: string): FirewallChain[] {
  const parsed = JSON.parse(json) as { nftables?: Record<string, Record<string, unknown>>[] }
  const items = parsed.nftables ?? []
  const key = ({ family, table, chain, name }: Record<string, unknown>) => `${family} ${table} ${chain ?? name}`
  const rules = new Map<string, number>()
  for (const { rule } of items) if (rule !== undefined) rules.set(key(rule), (rules.get(key(rule)) ?? 0) + 1)
  return items.flatMap(({ chain }) =>
    chain === undefined
      ? []
      : [
          {
            family: String(chain.family),
            table: String(chain.table),
            name: String(chain.name),
            hook: chain.hook === undefined ? null : String(chain.hook),
            policy: chain.policy === undefined ? null : String(chain.policy),
            rules: rules.get(key(chain)) ?? 0,
          },
        ],
  )
}

const hooks: Readonly<Record<string, string>> = {
  PREROUTING: 'prerouting',
  INPUT: 'input',
  FORWARD: 'forward',
  OUTPUT: 'output',
  POSTROUTING: 'postrouting',
}

/** iptables-save(8): `*table`, `:CHAIN policy [packets:bytes]`, `-A CHAIN rule`. */
export function parseIptables(text: string, family: 'ip' | 'ip6'): FirewallChain[] {
  const chains = new Map<string, { -readonly [Key in keyof FirewallChain]: FirewallChain[Key] }>()
  let table = ''
  for (const line of text.split('\n')) {
    const chain = /^:(\S+) (\S+)/.exec(line)
    const rule = /^-A (\S+)/.exec(line)
    if (line.startsWith('*')) table = line.slice(1).trim()
    else if (chain?.[1] !== undefined && chain[2] !== undefined) {
      const [, name, policy] = chain
      chains.set(`${table} ${name}`, {
        family,
        table,
        name,
        hook: hooks[name] ?? null,
        policy: policy === '-' ? null : policy.toLowerCase(),
        rules: 0,
      })
    } else if (rule !== null) {
      const known = chains.get(`${table} ${rule[1]}`)
      if (known !== undefined) known.rules += 1
    }
  }
  return [...chains.values()]
}

/** Dates and packet counts, which differ at every call. */
function withoutNoise(text: string): string {
  return text.replace(/^#.*\n/gm, '').replace(/ \[\d+:\d+\]$/gm, '')
}
