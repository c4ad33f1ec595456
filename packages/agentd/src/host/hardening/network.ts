import { CastellanError } from '@castellan/contracts'
import { fail, type HardeningCheck, noneOf, pass, unknown } from './check.ts'

/** Services that were never meant for strangers, by port: data stores and remote controls without a door of their own. */
const inner = new Map<number, string>([
  [2375, 'Docker'],
  [3306, 'MySQL'],
  [5432, 'PostgreSQL'],
  [6379, 'Redis'],
  [9200, 'Elasticsearch'],
  [11_211, 'memcached'],
  [27_017, 'MongoDB'],
  [10_250, 'kubelet'],
  [8086, 'InfluxDB'],
  [23, 'telnet'],
  [512, 'rexec'],
  [111, 'rpcbind'],
])

/** What can be reached from outside. */
export const networkChecks: readonly HardeningCheck[] = [
  {
    id: 'firewall',
    title: 'A packet filter refuses what nothing asked for',
    weight: 3,
    advice:
      'Turn the firewall on (NixOS: networking.firewall.enable) and open only the ports that are meant to be open.',
    look: async ({ firewall, signal }) => {
      try {
        const { chains, backend } = await firewall(signal)
        const input = chains.filter(({ hook }) => hook === 'input')
        const closing = input.filter(({ policy, rules }) => policy === 'drop' || policy === 'DROP' || rules > 0)
        if (closing.length > 0) return pass(`${backend} filters what comes in.`)
        return fail(`${backend} has no rule about what comes in.`)
      } catch (error) {
        if (!(error instanceof CastellanError)) throw error
        if (error.code === 'unsupported_host') return fail('There is no packet filter on this host.')
        return unknown(error.message)
      }
    },
  },
  {
    id: 'inner_services',
    title: 'Data stores listen on this machine only',
    weight: 3,
    advice: 'Bind the service to 127.0.0.1 or a private interface, or close its port in the firewall.',
    look: async ({ listeners, signal }) => {
      const open = (await listeners(signal)).filter(({ address, port }) => !isLoopback(address) && inner.has(port))
      const named = open.map(
        ({ port, process }) => `${process ?? inner.get(port)} listens on port ${port} for everybody`,
      )
      return noneOf([...new Set(named)], 'None of the usual ones listens for everybody.')
    },
  },
  {
    id: 'redirects',
    title: 'The kernel takes no routing advice from strangers',
    weight: 1,
    advice:
      'Set net.ipv4.conf.all.accept_redirects, net.ipv6.conf.all.accept_redirects and net.ipv4.conf.all.accept_source_route to 0 ' +
      '(NixOS: boot.kernel.sysctl).',
    look: ({ kernel, signal }) =>
      settings(kernel, signal, [
        ['net.ipv4.conf.all.accept_redirects', (value) => value === 0],
        ['net.ipv6.conf.all.accept_redirects', (value) => value === 0],
        ['net.ipv4.conf.all.accept_source_route', (value) => value === 0],
      ]),
  },
  {
    id: 'syn_cookies',
    title: 'A flood of half-open connections does not stop the host',
    weight: 1,
    advice: 'Set net.ipv4.tcp_syncookies to 1.',
    look: ({ kernel, signal }) => settings(kernel, signal, [['net.ipv4.tcp_syncookies', (value) => value >= 1]]),
  },
]

type Wanted = readonly [name: string, good: (value: number) => boolean]

/** Kernel parameters held against what they should be; one that this kernel does not have is left out. */
export async function settings(
  kernel: { value(name: string, signal: AbortSignal): Promise<{ readonly value: string }> },
  signal: AbortSignal,
  wanted: readonly Wanted[],
) {
  const values = await Promise.all(
    wanted.map(async ([name, good]) => {
      const value = await kernel.value(name, signal).catch(() => null)
      return value === null ? null : { name, value: value.value.trim(), good: good(Number(value.value)) }
    }),
  )
  const known = values.filter((value) => value !== null)
  if (known.length === 0) return unknown('The kernel does not tell.')
  return noneOf(
    known.filter(({ good }) => !good).map(({ name, value }) => `${name} is ${value}`),
    'They are set as they should be.',
  )
}

function isLoopback(address: string): boolean {
  return address.startsWith('127.') || address === '::1' || address.startsWith('::ffff:127.')
}
