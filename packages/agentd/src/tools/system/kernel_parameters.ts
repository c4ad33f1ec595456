import { CastellanError, type ToolResource } from '@castellan/contracts'
import { z } from 'zod'
import { canonical } from '../../host/kernel-parameters.ts'

/** Names of programs that the kernel starts as root, and doors to it that bypass every other rule of this machine. */
const ESCALATING =
  /^(kernel\.(core_pattern|core_pipe_limit|modprobe|hotplug|poweroff_cmd|usermodehelper\..*|sysrq|ftrace.*|unprivileged_bpf_disabled|kexec_load_disabled|modules_disabled|yama\..*|randomize_va_space|kptr_restrict|dmesg_restrict|perf_event_paranoid)|fs\.(binfmt_misc\..*|suid_dumpable|protected_.*)|net\.core\.bpf_jit_.*|vm\.(mmap_min_addr|unprivileged_userfaultfd)|dev\.tty\.ldisc_autoload)$/

/** Commands in the shape of parameters: writing them does something that no other value takes back. */
const TRIGGER =
  /^(vm\.(drop_caches|compact_memory|stat_refresh)|net\.ipv[46]\.route\.flush|kernel\.(ns_last_pid|sysrq))$/

export const parameterField = (what: string) =>
  z
    .string()
    .regex(/^[A-Za-z0-9_][A-Za-z0-9_.:@/-]{0,254}$/, 'must be the name of a kernel parameter, e.g. "vm.swappiness"')
    .describe(what)

export function parameterResources(name: string, access: ToolResource['access']): readonly ToolResource[] {
  return [{ kind: 'machine', id: `kernel-parameter/${canonical(name)}`, access }]
}

/** Refuses with `forbidden` what would hand out more than a setting: these belong in the configuration of the machine. */
export function refuseGuarded(name: string): void {
  const parameter = canonical(name)
  if (TRIGGER.test(parameter)) {
    throw new CastellanError(
      'forbidden',
      `${parameter} is a command rather than a setting: nothing could take it back, so no tool gives it.`,
    )
  }
  if (ESCALATING.test(parameter)) {
    throw new CastellanError(
      'forbidden',
      `${parameter} guards this machine: no tool sets it. The owner can, in the configuration (boot.kernel.sysctl on NixOS).`,
    )
  }
}
