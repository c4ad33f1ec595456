import { profileFolders } from './places.ts'
import type { SwitchRecord } from './record.ts'

/** The program texts that SafeSwitch leaves beside its record. Each runs in a unit of its own, so agentd may end meanwhile. */

/** What a script needs of this host. */
export interface ScriptPlaces {
  readonly folder: string
  readonly profile: string
  readonly currentSystem: string
}

/** In `sh`, whatever it contains. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}

/** Marks its start and, in one step, its end: whoever looks later can tell that it never ran, was killed, or ended how. */
function marked(name: string, { folder }: ScriptPlaces, system: string, body: string): string {
  return `#!/bin/sh
set -u
umask 077
PATH=${profileFolders(system).join(':')}
export PATH LC_ALL=C.UTF-8
cd ${quoted(folder)} || exit 70
: > ${name}-started
(
${body}
)
status=$?
printf '%s\\n' "$status" > ${name}-exit.new && sync ${name}-exit.new
mv ${name}-exit.new ${name}-exit
exit "$status"
`
}

export function activateScript({ to }: SwitchRecord, places: ScriptPlaces): string {
  return marked('activate', places, to.path, `exec ${to.path}/bin/switch-to-configuration test`)
}

/**
 * Makes the new system what boots from now on. For a staged one with a boot loader that can boot an entry just once, the
 * old one stays the default and the new one is only tried.
 */
export function commitScript({ to, bootDefault }: SwitchRecord, places: ScriptPlaces, once: boolean): string {
  const body = `
: > boot-touched
sync .
profile=${quoted(places.profile)}
newest() { ls -d "$profile"-*-link | sed -n 's/.*-\\([0-9]*\\)-link$/\\1/p' | sort -n | tail -n 1; }
before=$(newest)
${setProfile(to)} || exit 71
if [ "$(newest)" != "$before" ]; then newest > made-generation; fi
${to.path}/bin/switch-to-configuration boot || exit 72
${once ? `${oneShot(bootDefault.generation)}` : forgetOneShot}`
  return marked(once ? 'stage' : 'commit', places, to.path, body)
}

const forgetOneShot = `if [ -e one-shot ]; then bootctl set-default '' && rm -f one-shot; fi; true`

/** Works where systemd-boot has an entry for both generations; otherwise the new system simply is the default. */
function oneShot(oldGeneration: number | null): string {
  const entry = (number: string) => `nixos-generation-${number}.conf`
  return `new=$(readlink "$profile" | sed -n 's/.*-\\([0-9]*\\)-link$/\\1/p')
old=${oldGeneration ?? "''"}
entries=$(bootctl list --no-pager 2>/dev/null) || exit 0
case "$entries" in *${entry('$old')}*) ;; *) exit 0 ;; esac
case "$entries" in *${entry('$new')}*) ;; *) exit 0 ;; esac
: > one-shot
bootctl set-default "${entry('$old')}" && bootctl set-oneshot "${entry('$new')}" && exit 0
rm -f one-shot
true`
}

/** With the profile's path in `$profile`. */
function setProfile({ path, generation }: SwitchRecord['to']): string {
  const set = `nix-env -p "$profile" --option substitute false --set ${path}`
  const known = `[ "$(readlink -f "$profile-${generation}-link")" = ${path} ] && nix-env -p "$profile" --switch-generation ${generation}`
  return `{ ${generation === null ? set : `{ ${known}; } || ${set}`}; }`
}

/**
 * Goes back: by store paths that were written down before anything was done, without agentd, evaluation or network. The dead man's
 * switch, agentd and `agentctl rollback` run this same text; it may run twice, and while another runs.
 */
export function rollBackScript(record: SwitchRecord, { folder, profile, currentSystem }: ScriptPlaces): string {
  const { id, from, to, bootDefault, byBoot } = record
  return `#!/bin/sh
# SafeSwitch ${id}: back to ${from.path}
# from ${to.path}.
# Usage: sh roll-back.sh [agentd | dead-man | operator]
set -u
umask 077
who=\${1:-operator}
old=${from.path}
profile=${quoted(profile)}
PATH=${profileFolders(from.path).join(':')}
# Going back is no new risk: what stands in the way of switching forward must not stand in its way.
export PATH LC_ALL=C.UTF-8 NIXOS_NO_CHECK=1
cd ${quoted(folder)} || exit 70

# Whoever decides first decides. Only a dead man's switch gives way to a commit: the others were told to go back.
printf 'rollback %s\\n' "$who" > "decision.$who" && ln "decision.$who" decision 2> /dev/null
if [ "$who" = dead-man ]; then
  case $(cat decision) in commit*) exit 0 ;; esac
fi
exec 9> lock
flock 9
if [ "$who" = dead-man ] && [ -e roll-back-exit ]; then exit 0; fi
: > roll-back-started

status=0
systemctl stop castellan-activate-${id}.service 2> /dev/null
systemctl stop castellan-dead-man-${id}.timer 2> /dev/null
${
  byBoot
    ? '# It was booted, so only a boot leaves it again.'
    : `timeout -k 5 300 "$old/bin/switch-to-configuration" test 9>&-
status=$?`
}
if [ -e boot-touched ] || [ "$(readlink -f "$profile")" != ${bootDefault.path} ]; then
  ${setProfile(bootDefault)} 9>&- || ln -sfn ${bootDefault.path} "$profile"
  # A generation that was only made for this switch would be in the boot menu, and in the way of going back a generation.
  if [ -s made-generation ]; then nix-env -p "$profile" --delete-generations "$(cat made-generation)" 9>&- && rm -f made-generation; fi
  timeout -k 5 300 ${bootDefault.path}/bin/switch-to-configuration boot 9>&- || status=$?
  if [ -e one-shot ]; then bootctl set-oneshot '' && bootctl set-default '' && rm -f one-shot; fi
fi
printf '%s %s\\n' "$status" "$who" > roll-back-exit.new && sync roll-back-exit.new
mv roll-back-exit.new roll-back-exit
${
  byBoot
    ? `if [ "$(readlink -f ${quoted(currentSystem)})" != "$old" ]; then systemctl --no-block reboot; fi
`
    : ''
}exit "$status"
`
}
