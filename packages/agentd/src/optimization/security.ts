import { list } from '../tools/words.ts'
import { always, type Rule } from './rule.ts'
import { byHardening } from './system.ts'

/** Doors that one option closes. The same checks as hardening_score. */
export const securityRules: readonly Rule[] = [
  {
    id: 'firewall',
    title: 'Turn the firewall on',
    option: 'networking.firewall.enable',
    value: always(true),
    cost: 'Ports that the configuration does not open are closed; NixOS opens that of its SSH server by itself. Open what has to be reached first.',
    look: async (ground) => {
      const look = await byHardening(ground, 'firewall')
      if (look.outcome !== 'suggest') return look
      const listeners = await ground.host.network.listeners(ground.signal)
      const open = listeners.filter(({ address }) => !address.startsWith('127.') && address !== '::1')
      const ports = [...new Set(open.map(({ protocol, port }) => `${port}/${protocol}`))]
      const which = ports.length === 0 ? 'Nothing listens for others.' : `These listen for others: ${list(ports, 12)}.`
      return { ...look, evidence: `${look.evidence} ${which}`, figures: { ...look.figures, openPorts: ports.length } }
    },
  },
  {
    id: 'ssh-passwords',
    title: 'Take keys over SSH, not passwords',
    option: 'services.openssh.settings.PasswordAuthentication',
    value: always(false),
    cost: 'Whoever has no key in place can no longer log in over SSH. Log in with a key once before you agree.',
    look: (ground) => byHardening(ground, 'ssh_passwords', /passwordauthentication/i),
  },
  {
    id: 'ssh-keyboard-passwords',
    title: 'Take no passwords over SSH by way of prompts either',
    option: 'services.openssh.settings.KbdInteractiveAuthentication',
    value: always(false),
    cost: 'Whoever logs in over SSH with a password, or with a one-time code that PAM asks for, can no longer do so.',
    look: (ground) => byHardening(ground, 'ssh_passwords', /kbdinteractiveauthentication/i),
  },
  {
    id: 'ssh-root',
    title: 'Let nobody in as root with a password',
    option: 'services.openssh.settings.PermitRootLogin',
    value: always('prohibit-password'),
    cost: 'root logs in over SSH with a key only.',
    look: (ground) => byHardening(ground, 'ssh_root_password'),
  },
  {
    id: 'apparmor',
    title: 'Confine programs with AppArmor',
    option: 'security.apparmor.enable',
    value: always(true),
    cost: 'It takes effect with the next reboot; a program with a profile that is too tight may be refused something.',
    look: (ground) => byHardening(ground, 'confinement'),
  },
]
