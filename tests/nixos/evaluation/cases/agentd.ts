import { type Case, has } from './case.ts'

const publicKey = '11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo='

export const ofAgentd: readonly Case[] = [
  {
    option: 'agentd.extraPackages',
    set: 'agentd.extraPackages = [ pkgs.smartmontools ];',
    look: 'builtins.elem "smartmontools" (map (package: package.name) config.environment.systemPackages)',
    is: true,
  },
  { option: 'agentd.memoryMax', set: 'agentd.memoryMax = "8G";', look: has('MemoryMax=8G', 'agentd'), is: true },
  {
    option: 'agentd.settings',
    set: 'agentd.settings.trash.maxAgeDays = 90;',
    look: 'agentd.trash',
    is: { maxAgeDays: 90 },
  },
  {
    option: 'agentd.settings.approvals.ownerToken',
    set: 'agentd.settings.approvals.ownerToken = true;',
    look: 'agentd.approvals.ownerToken',
    is: true,
  },
  ...['', '.*.path', '.*.access'].map((part) => ({
    option: `agentd.settings.files.roots${part}`,
    set: 'agentd.settings.files.roots = [ { path = "/srv/www"; access = "write"; } ];',
    look: 'agentd.files.roots',
    is: [{ path: '/srv/www', access: 'write' }],
  })),
  {
    option: 'agentd.settings.nixos.flake',
    set: 'agentd.settings.nixos.flake = "/srv/nixos";',
    look: 'agentd.nixos.flake',
    is: '/srv/nixos',
  },
  {
    option: 'agentd.settings.nixos.overlayDir',
    set: 'agentd.settings.nixos.overlayDir = "/srv/overlay";',
    look: 'agentd.nixos.overlayDir',
    is: '/srv/overlay',
  },
  {
    option: 'agentd.settings.skills.folders',
    set: 'agentd.settings.skills.folders = [ "/srv/skills" ];',
    look: 'agentd.skills.folders',
    is: ['/srv/skills'],
  },
  ...['folder = "/mnt/b"', 'keepDaily = 3', 'keepWeekly = 0', 'quotaBytes = 2000000'].map((set) => {
    const [name = '', value = ''] = set.split(' = ')
    return {
      option: `backups.${name}`,
      set: `backups.${set};`,
      look: `agentd.backups.${name}`,
      is: JSON.parse(value),
    }
  }),
  {
    option: 'models.sourceHosts',
    set: 'models.sourceHosts = [ "*.models.example.org" ];',
    look: 'agentd.models.sources.hosts',
    is: ['*.models.example.org'],
  },
  {
    option: 'models.requireSignature',
    set: 'models.requireSignature = true;',
    look: 'agentd.models.provenance.required',
    is: true,
  },
  {
    option: 'models.trustedRootFile',
    set: 'models.trustedRootFile = "/etc/castellan/trusted-root.json";',
    look: 'agentd.models.provenance.trustedRootFile',
    is: '/etc/castellan/trusted-root.json',
  },
  {
    option: 'models.keyFiles',
    set: 'models.keyFiles = [ "/etc/castellan/models.pem" ];',
    look: 'agentd.models.provenance.keyFiles',
    is: ['/etc/castellan/models.pem'],
  },
  ...['identities', 'identities.*.subject', 'identities.*.issuer'].map((name) => ({
    option: `models.${name}`,
    set: 'models.identities = [ { subject = "a@example.org"; issuer = "https://example.org"; } ];',
    look: 'agentd.models.provenance.identities',
    is: [{ subject: 'a@example.org', issuer: 'https://example.org' }],
  })),
  {
    option: 'models.keepRefusedDays',
    set: 'models.keepRefusedDays = 30;',
    look: 'agentd.models.keepRefusedDays',
    is: 30,
  },
  {
    option: 'incidents.automaticContainment',
    set: 'incidents.automaticContainment = false;',
    look: 'agentd.incidents.automaticContainment',
    is: false,
  },
  ...['paths = [ "/etc/ssh" ]', 'scanMinutes = 5', 'canaries = [ "/root/passwords.txt" ]'].map((set) => {
    const [name = '', value = ''] = set.split(' = ')
    return {
      option: `integrity.${name}`,
      set: `integrity.${set};`,
      look: `agentd.integrity.${name}`,
      is: JSON.parse(value),
    }
  }),
  ...['confirm = "both"', 'confirmSeconds = 60', 'probationSeconds = 120'].map((set) => {
    const [name = '', value = ''] = set.split(' = ')
    return { option: `switch.${name}`, set: `switch.${set};`, look: `agentd.switch.${name}`, is: JSON.parse(value) }
  }),
  ...['', '.*.kind', '.*.name', '.*.required'].map((part) => ({
    option: `switch.checks${part}`,
    set: 'switch.checks = [ { kind = "tcp"; name = "web"; required = false; port = 443; } ];',
    look: 'agentd.switch.checks',
    is: [{ kind: 'tcp', name: 'web', required: false, port: 443 }],
  })),
  ...['', '.<name>.text', '.<name>.source'].map((part) => ({
    option: `policy.files${part}`,
    set: 'policy.files = { "a.cedar".text = "// a\\n"; "b.cedar".source = "/etc/passwd"; };',
    look: `{ inherit (agentd.policy) dir declaredBy; files = lib.filter (lib.hasPrefix "castellan/policy/") (lib.attrNames config.environment.etc);
      text = config.environment.etc."castellan/policy/a.cedar".text; }`,
    is: {
      dir: '/etc/castellan/policy',
      declaredBy: 'services.castellan.policy.files',
      files: ['castellan/policy/a.cedar', 'castellan/policy/b.cedar'],
      text: '// a\n',
    },
  })),
  ...['', '.<name>.publicKey', '.<name>.person'].map((part) => ({
    option: `operators${part}`,
    set: `operators = { laptop = { publicKey = "${publicKey}"; person = "Ada"; }; };`,
    look: 'agentd.operators',
    is: { laptop: { publicKey, person: 'Ada' } },
  })),
  {
    option: 'witnesses.policy',
    set: 'witnesses.policy = "quorum none\\n";',
    look: '[ agentd.ledger.witnessPolicy config.environment.etc."castellan/witnesses".text ]',
    is: ['/etc/castellan/witnesses', 'quorum none\n'],
  },
  {
    option: 'witnesses.everySeconds',
    set: 'witnesses.everySeconds = 60;',
    look: 'agentd.ledger.cosignEverySeconds',
    is: 60,
  },
]
