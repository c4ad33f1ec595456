import type { InstalledHost } from './installed-host.ts'
import type { Probe } from './probes.ts'

/** How an attempt went in three places. */
export interface Attempts {
  readonly probe: Probe
  /** With nothing but a user. If it does not succeed here, its failing elsewhere shows nothing. */
  readonly control: boolean
  /** With the directive alone, as the unit of this process has it. */
  readonly alone: Readonly<Record<string, boolean>>
  /** With everything else of that unit as well. */
  readonly whole: Readonly<Record<string, boolean>>
}

/** Lines that say how the process runs and not what it is denied. */
const running =
  /^(Type|ExecStart|ExecStartPre|ExecReload|Restart|RestartSec|RestartPreventExitStatus|WatchdogSec|NotifyAccess|LoadCredential\w*|Environment|StateDirectory\w*|Timeout\w+|KillMode)=/

/** The lines of a unit's [Service], as systemd reads them. */
export function serviceLines(unit: string): string[] {
  const [, service = ''] = unit.split('[Service]\n')
  return (service.split('\n[')[0] as string).split('\n').filter((line) => /^\w+=/.test(line))
}

export function named(lines: readonly string[], directives: readonly string[]): string[] {
  return lines.filter((line) => directives.includes(line.split('=', 1)[0] as string))
}

/** Makes every attempt in every place, all in units of the host, and tells how each went. `units` are service lines by process. */
export async function attemptAll(
  host: InstalledHost,
  probes: readonly Probe[],
  units: Readonly<Record<string, readonly string[]>>,
): Promise<Attempts[]> {
  const places = probes.map((probe, index) =>
    placesOf(probe, units).map((place) => ({ ...place, name: `${index}-${place.name}` })),
  )
  const ended = await startAll(host, places.flat())
  return probes.map((probe, index) => {
    const went = (places[index] as Place[]).map(
      ({ name }) => [name.split('-').slice(1), ended.get(name) === true] as const,
    )
    const of = (kind: string) =>
      Object.fromEntries(went.filter(([[first]]) => first === kind).map(([[, process], how]) => [process, how]))
    return { probe, control: went[0]?.[1] === true, alone: of('alone'), whole: of('whole') }
  })
}

/** Where one attempt is made. */
interface Place {
  readonly name: string
  readonly lines: readonly string[]
  readonly probe: Probe
}

function placesOf(probe: Probe, units: Readonly<Record<string, readonly string[]>>): Place[] {
  const user = probe.asRoot === true ? [] : ['User=probe']
  const given = [...user, ...(probe.given ?? [])]
  const walled = Object.entries(units).filter(([process]) => !probe.notOf?.includes(process))
  return [
    { name: 'control', lines: given, probe },
    ...walled.flatMap(([process, lines]) => {
      const own = named(lines, ['User']).length > 0
      return [
        { name: `alone-${process}`, lines: [...given, ...named(lines, probe.of)], probe },
        {
          name: `whole-${process}`,
          lines: [...lines.filter((line) => !running.test(line)), ...(own ? [] : user)],
          probe,
        },
      ]
    }),
  ]
}

/**
 * Answers which succeeded. systemd opens where they write to before it puts up the walls, so each can tell that it began: one that
 * could not even do that was not denied what it tried.
 */
async function startAll(host: InstalledHost, places: readonly Place[]): Promise<Map<string, boolean>> {
  const unit = ({ name, lines, probe }: Place): string => `
cat > /run/systemd/system/probe-${name}.service << 'UNIT'
[Service]
Type=oneshot
${lines.join('\n')}
StandardOutput=file:/run/probes/${name}.out
ExecStart=/bin/sh -e /run/probes/${name}.sh
UNIT
cat > /run/probes/${name}.sh << 'SCRIPT'
echo began
${probe.attempt}
echo succeeded
SCRIPT`
  const [afterwards, atOnce] = [
    places.filter(({ probe }) => probe.afterwards),
    places.filter(({ probe }) => !probe.afterwards),
  ]
  // These one by one: what is looked at is what the unit before it left. systemd tidies up a moment after it says that a unit is over.
  const alone = ({ name, probe }: Place): string => `
systemctl start probe-${name} || true
for try in $(seq 40); do
  if ! ${probe.afterwards} > /dev/null; then echo gone >> /run/probes/${name}.out; break; fi
  sleep 0.05
done
ipcrm --all=shm`
  const out = await host.script(`
rm -rf /run/probes /run/systemd/system/probe-*
mkdir /run/probes
${places.map(unit).join('')}
systemctl daemon-reload
systemctl start ${atOnce.map(({ name }) => `probe-${name}`).join(' ')} 2> /dev/null || true
${afterwards.map(alone).join('')}
for file in /run/probes/*.out; do echo "$(basename "$file" .out) $(head -n 1 "$file") $(tail -n 1 "$file")"; done`)
  const ended = new Map<string, boolean>()
  for (const line of out.trim().split('\n')) {
    const [name = '', first, last] = line.split(' ')
    if (first === 'began') ended.set(name, last === 'succeeded')
  }
  const never = places.filter(({ name }) => !ended.has(name)).map(({ name, probe }) => `${name} (${probe.of[0]})`)
  if (never.length > 0) throw new Error(`these attempts were never made: ${never.join(', ')}`)
  return ended
}
