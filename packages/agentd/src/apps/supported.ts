import { CastellanError } from '@castellan/contracts'
import { requireSystemd } from '../host/systemctl.ts'

/**
 * Throws `unsupported_host` where no app can be: where systemd is not process 1, and where agentd is not root, so that systemd would not
 * run programs for it as users made for them.
 */
export async function requireAppHost(): Promise<void> {
  await requireSystemd()
  if (process.getuid?.() === 0) return
  throw new CastellanError(
    'unsupported_host',
    'agentd does not run as root here, and systemd runs apps, each as a user made for it, for root only. Where Castellan is installed ' +
      'as a service (services.castellan.enable on NixOS) this works.',
  )
}
