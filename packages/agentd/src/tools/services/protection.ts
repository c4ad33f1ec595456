import { CastellanError } from '@castellan/contracts'
import { servicesOf } from '../../host/cgroup.ts'
import type { Host } from '../../host/host.ts'
import type { UnitVerb } from '../../host/unit-control.ts'
import { list } from '../words.ts'

/** Names under which a scheduled reboot or shutdown waits; stopping the timer calls it off. */
export const powerTimers: readonly string[] = ['castellan-reboot.timer', 'castellan-shutdown.timer']

/** What these tools act on. Targets, mounts and slices are more than a service: stopping one may take the machine down. */
const ACTED_ON = /\.(service|socket|timer|path)$/

const CASTELLAN = /^castellan([-.@]|$)/

/** Apps are the owner's programs. Whether one runs is kept with it, so only the app tools start and stop it. */
const APP = /^castellan-app-.*\.service$/

/** Without these nothing is recorded, or systemd can no longer be spoken to. */
const KEEP_RUNNING =
  /^(dbus|dbus-broker)\.(service|socket)$|^systemd-(journald|udevd)([-.@].*)?$|^systemd-logind\.service$/

/** Restarting the message bus cuts off everything that is connected to it, systemd-logind and user sessions included. */
const NEVER_RESTART = /^(dbus|dbus-broker)\.(service|socket)$/

/** Services whose start is the end of the machine's work, or a root shell without a password. */
const NEVER_START =
  /^(systemd-(poweroff|reboot|halt|kexec|soft-reboot|suspend|hibernate|hybrid-sleep|suspend-then-hibernate)|emergency|rescue|debug-shell)\.(service|target)$|^(poweroff|reboot|halt|kexec|soft-reboot|shutdown|sleep|suspend|hibernate|hybrid-sleep)\.target$/

/** Whoever administers the host over the network may lose the way in with these. */
const WAY_IN =
  /^(ssh|sshd)([-@].*)?\.(service|socket)$|^(systemd-networkd|systemd-resolved|NetworkManager|dhcpcd|wpa_supplicant|firewall|nftables|tailscaled|wireguard-.*|wg-quick@.*|network-.*)\.(service|socket)$/

/** The part of {@link refuseProtected} that the name alone decides. Answers the services that agentd runs in. */
export async function refuseByName(verb: UnitVerb, unit: string): Promise<readonly string[]> {
  const own = await servicesOf('self')
  const reason = whyProtected(verb, unit, own)
  if (reason !== null) throw refused(`${unit} ${reason}`)
  return own
}

/** Refuses with `forbidden` what no tool may do to a unit, whoever asks: only a person at the machine, with systemctl. */
export async function refuseProtected(host: Host, verb: UnitVerb, unit: string, signal: AbortSignal): Promise<void> {
  const own = await refuseByName(verb, unit)
  for (const [what, other] of await others(host, verb, unit, signal)) {
    const why = whyPulledAlong(what, other, own)
    if (why !== null) throw refused(`To ${verb} ${unit} would ${what} ${other} as well, which ${why}`)
  }
}

/** What systemd would do to other units along the way. A restart of what is down is a start. */
async function others(host: Host, verb: UnitVerb, unit: string, signal: AbortSignal): Promise<[UnitVerb, string][]> {
  const { starts, stops } = await host.systemd.reach(verb, unit, signal)
  const along: [UnitVerb, string][] = [
    ...stops.map((other): [UnitVerb, string] => [verb === 'start' ? 'stop' : verb, other]),
    ...starts.map((other): [UnitVerb, string] => ['start', other]),
  ]
  return verb === 'restart' ? [...along, ...(await others(host, 'start', unit, signal))] : along
}

/** Sentences on what else a change would touch, for the person who is asked. */
export async function consequences(
  host: Host,
  verb: UnitVerb,
  unit: string,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const { starts, stops } = await host.systemd.reach(verb, unit, signal)
  const { triggeredBy } = await host.systemd.links(unit, signal)
  const begins = starts.filter((name) => ACTED_ON.test(name))
  return [
    ...(begins.length === 0 ? [] : [`Starts what it needs as well: ${list(begins)}.`]),
    ...(stops.length === 0 ? [] : [`${verb === 'restart' ? 'Restarts' : 'Stops'} with it: ${list(stops)}.`]),
    ...(verb === 'stop' && triggeredBy.length > 0 ? [`${list(triggeredBy)} can start it again at any time.`] : []),
    ...(verb !== 'start' && verb !== 'reload' && [unit, ...stops].some((name) => WAY_IN.test(name))
      ? ['Whoever reaches this host over the network may lose the way in.']
      : []),
  ]
}

/** Why this must not be done to the unit itself, to go on after its name; null where it may. Pure. */
export function whyProtected(verb: UnitVerb, unit: string, own: readonly string[]): string | null {
  if (!ACTED_ON.test(unit))
    return 'is no service, socket, timer or path, and only these are started and stopped by a tool.'
  if (verb === 'stop' && powerTimers.includes(unit)) return null
  if (APP.test(unit)) {
    return verb === 'restart' || verb === 'reload' ? null : `is an app: app_${verb} is for that.`
  }
  if (CASTELLAN.test(unit) || own.includes(unit)) {
    return `is part of Castellan itself: no tool may ${verb} it. The operator can, with systemctl.`
  }
  return whyPulledAlong(verb, unit, own)
}

/** The same for a unit that an act would take along. Targets may be: many services belong to one. */
function whyPulledAlong(verb: UnitVerb, unit: string, own: readonly string[]): string | null {
  if ((verb === 'start' || verb === 'restart') && NEVER_START.test(unit)) {
    return 'ends the work of this machine. system_reboot and system_shutdown are for that.'
  }
  if (verb === 'start') return null
  if (!APP.test(unit) && (CASTELLAN.test(unit) || own.includes(unit))) {
    return 'is part of Castellan itself: no tool may end it.'
  }
  if (verb === 'stop' && KEEP_RUNNING.test(unit)) return 'is what this host cannot be run without. It stays up.'
  if (verb === 'restart' && NEVER_RESTART.test(unit)) {
    return 'is the message bus: restarting it cuts off everything that runs. system_reboot does it properly.'
  }
  return null
}

function refused(message: string): CastellanError {
  return new CastellanError('forbidden', message)
}
