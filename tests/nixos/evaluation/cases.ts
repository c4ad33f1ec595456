/** What an option does: definitions, and where in what is rendered they have to show. */
export interface Case {
  /** As docs/options.md names it, without `services.castellan.`. */
  readonly option: string
  /** Definitions, in Nix, below `services.castellan`. */
  readonly set: string
  /** Nix, with `config` and these shorthands: `agentd`, `gateway`, `engine`, `airlock` (their configuration), `unit` (text of a unit). */
  readonly look: string
  readonly is: unknown
}

const publicKey = '11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo='
const routine = 'cron = "1 2 * * *"; calls = [ { tool = "system_health"; } ];'
const watcher = 'check = { kind = "unit"; unit = "web.service"; };'
const server = 'command = [ "/bin/mcp" ];'
const host = 'nginx.hostName = "castellan.example.org";'
const certificate = `${host} nginx.tls = { certificate = "/etc/tls/cert.pem"; key = "/etc/tls/key.pem"; };`
const virtualHost = 'config.services.nginx.virtualHosts."castellan.example.org"'
const has = (text: string, unit: string): string => `lib.hasInfix ${JSON.stringify(`\n${text}\n`)} (unit "${unit}")`

const ofCastellan: readonly Case[] = [
  { option: 'enable', set: 'enable = lib.mkForce false;', look: 'builtins.attrNames config.systemd.services', is: [] },
  {
    option: 'package',
    set: 'package = pkgs.git // { outPath = "/srv/castellan"; };',
    look: has('ExecStart=/srv/castellan/bin/castellan-agentd --config /etc/castellan/agentd.json', 'agentd'),
    is: true,
  },
  { option: 'mode', set: 'mode = "observe";', look: 'agentd.sessions.mode', is: 'observe' },
  {
    option: 'logLevel',
    set: 'logLevel = "debug";',
    look: 'map (process: process.logLevel) [ agentd gateway engine airlock ]',
    is: ['debug', 'debug', 'debug', 'debug'],
  },
  {
    option: 'hardening.level',
    set: 'hardening.level = "strict";',
    look: 'lib.any (right: lib.hasInfix right (unit "agentd")) [ "CAP_SYS_PTRACE" "CAP_SYS_RAWIO" ]',
    is: false,
  },
  {
    option: 'ownerTokenFile',
    set: 'ownerTokenFile = "/run/keys/owner";',
    look: `{ unit = ${has('LoadCredential=owner-token:/run/keys/owner', 'gateway')}; inherit (agentd) tokenFile; made = lib.hasInfix "ExecStartPre" (unit "gateway"); }`,
    is: { unit: true, tokenFile: '/run/keys/owner', made: false },
  },
  {
    option: 'agentUsers',
    set: 'agentUsers = [ "ada" ];',
    look: 'config.users.groups.castellan.members',
    is: ['castellan-gateway', 'ada'],
  },
  {
    option: 'openFirewall',
    set: `${host} openFirewall = true;`,
    look: 'config.networking.firewall.allowedTCPPorts',
    is: [80, 443],
  },
  {
    option: 'credentials.seal',
    set: 'credentials.seal = false;',
    look: 'config.systemd.services ? castellan-setup',
    is: false,
  },
  {
    option: 'egress.enforce',
    set: 'egress.enforce = false;',
    look: 'config.systemd.services ? castellan-egress',
    is: false,
  },
  {
    option: 'egress.gatewayLoopback',
    set: 'agents.main.engine = { engine = "claude-code"; model = "m"; };',
    look: 'config.services.castellan.egress.gatewayLoopback',
    is: true,
  },
]

const ofAgentd: readonly Case[] = [
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

const ofErrands: readonly Case[] = [
  { option: 'routines', set: `routines.tidy = { ${routine} };`, look: 'lib.attrNames agentd.routines', is: ['tidy'] },
  ...[
    ['cron', '{ inherit (routine) timing; }', { timing: { cron: '1 2 * * *', timezone: 'UTC' } }],
    ['calls', 'routine.calls', [{ tool: 'system_health', args: {} }]],
    ['calls.*.tool', 'routine.calls', [{ tool: 'system_health', args: {} }]],
    ['calls.*.args', 'routine.calls', [{ tool: 'system_health', args: {} }]],
  ].map(([name, look, is]) => ({
    option: `routines.<name>.${name}`,
    set: `routines.tidy = { ${routine} };`,
    look: `let routine = agentd.routines.tidy; in ${look}`,
    is,
  })),
  {
    option: 'routines.<name>.calls.*.args',
    set: 'routines.tidy = { everySeconds = 60; calls = [ { tool = "x"; args = { a = null; b.c = [ null ]; }; } ]; };',
    look: '(lib.head agentd.routines.tidy.calls).args',
    is: { a: null, b: { c: [null] } },
  },
  {
    option: 'routines.<name>.everySeconds',
    set: 'routines.tidy = { everySeconds = 3600; calls = [ { tool = "system_health"; } ]; };',
    look: 'agentd.routines.tidy.timing',
    is: { everySeconds: 3600 },
  },
  {
    option: 'routines.<name>.timeZone',
    set: `routines.tidy = { ${routine} timeZone = "Europe/Berlin"; };`,
    look: 'agentd.routines.tidy.timing.timezone',
    is: 'Europe/Berlin',
  },
  ...['description = "Tidies up."', 'jitterSeconds = 30', 'catchUp = "once"', 'onFailure = "continue"'].map((set) => {
    const [name = '', value = ''] = set.split(' = ')
    return {
      option: `routines.<name>.${name}`,
      set: `routines.tidy = { ${routine} ${set}; };`,
      look: `agentd.routines.tidy.${name}`,
      is: JSON.parse(value),
    }
  }),
  { option: 'watchers', set: `watchers.web = { ${watcher} };`, look: 'lib.attrNames agentd.watchers', is: ['web'] },
  ...['check', 'check.kind'].map((name) => ({
    option: `watchers.<name>.${name}`,
    set: `watchers.web = { ${watcher} };`,
    look: 'agentd.watchers.web.check',
    is: { kind: 'unit', unit: 'web.service' },
  })),
  ...['ladder', 'ladder.*.act', 'ladder.*.unit'].map((name) => ({
    option: `watchers.<name>.${name}`,
    set: `watchers.web = { ${watcher} ladder = [ { act = "restart"; unit = "web.service"; } { act = "notify"; } ]; };`,
    look: 'agentd.watchers.web.ladder',
    is: [{ act: 'restart', unit: 'web.service' }, { act: 'notify' }],
  })),
  ...['description = "The page."', 'everySeconds = 30', 'failures = 1', 'graceSeconds = 0'].map((set) => {
    const [name = '', value = ''] = set.split(' = ')
    return {
      option: `watchers.<name>.${name}`,
      set: `watchers.web = { ${watcher} ${set}; };`,
      look: `agentd.watchers.web.${name}`,
      is: JSON.parse(value),
    }
  }),
  ...['', '.<name>.command'].map((part) => ({
    option: `mcpServers${part}`,
    set: `mcpServers.weather = { ${server} };`,
    look: 'agentd.mcpServers.weather.command',
    is: ['/bin/mcp'],
  })),
  ...['', '.*.path', '.*.access'].map((part) => ({
    option: `mcpServers.<name>.folders${part}`,
    set: `mcpServers.weather = { ${server} folders = [ { path = "/srv/maps"; access = "read"; } ]; };`,
    look: 'agentd.mcpServers.weather.folders',
    is: [{ path: '/srv/maps', access: 'read' }],
  })),
  ...(
    [
      ['env', '{ TZ = "UTC"; }', { TZ: 'UTC' }],
      ['secrets', '{ KEY = "/run/keys/weather"; }', { KEY: '/run/keys/weather' }],
      ['domains', '[ "*.example.org" ]', ['*.example.org']],
      ['autostart', 'false', false],
      ['effects', '{ forecast = "read"; }', { forecast: 'read' }],
    ] as const
  ).map(([name, value, is]) => ({
    option: `mcpServers.<name>.${name}`,
    set: `mcpServers.weather = { ${server} ${name} = ${value}; };`,
    look: `agentd.mcpServers.weather.${name}`,
    is,
  })),
]

const ofTheOthers: readonly Case[] = [
  {
    option: 'engine.enable',
    set: 'engine.enable = false;',
    look: 'config.systemd.services ? castellan-engine',
    is: false,
  },
  {
    option: 'engine.model',
    set: 'engine.model = "/srv/models/chat.gguf";',
    look: `{ inherit (engine) model; seen = ${has('BindReadOnlyPaths=/srv/models/chat.gguf', 'engine')}; }`,
    is: { model: '/srv/models/chat.gguf', seen: true },
  },
  {
    option: 'engine.embeddingModel',
    set: 'engine.embeddingModel = "/srv/models/embedding.gguf";',
    look: `{ inherit (engine) embeddingModel; seen = ${has('BindReadOnlyPaths=/srv/models/embedding.gguf', 'engine')}; }`,
    is: { embeddingModel: '/srv/models/embedding.gguf', seen: true },
  },
  {
    option: 'engine.gpus',
    set: 'engine.gpus = [ "nvidia" ];',
    look: `[ (${has('DeviceAllow=char-nvidia-uvm rw', 'engine')}) (${has('DevicePolicy=closed', 'engine')}) (${has('PrivateDevices=true', 'engine')}) ]`,
    is: [true, true, false],
  },
  {
    option: 'engine.llamaServer',
    set: 'engine.llamaServer = "unix:/run/llama/llama.sock";',
    look: `{ inherit (engine) llamaServer; seen = ${has('BindReadOnlyPaths=-/run/llama', 'engine')}; }`,
    is: { llamaServer: 'unix:/run/llama/llama.sock', seen: true },
  },
  { option: 'engine.memoryMax', set: 'engine.memoryMax = "24G";', look: has('MemoryMax=24G', 'engine'), is: true },
  { option: 'engine.settings', set: 'engine.settings.queue = 4;', look: 'engine.queue', is: 4 },
  ...['slots', 'contextTokens', 'threads', 'idleUnloadSeconds'].map((name) => ({
    option: `engine.settings.${name}`,
    set: `engine.settings.${name} = 16;`.replace('Tokens = 16', 'Tokens = 4096'),
    look: `engine.${name}`,
    is: name === 'contextTokens' ? 4096 : 16,
  })),
  {
    option: 'gateway.port',
    set: 'gateway.port = 18000;',
    look: '[ gateway.port agentd.pagePort ]',
    is: [18_000, 18_000],
  },
  {
    option: 'gateway.publicOrigins',
    set: `${certificate} gateway.publicOrigins = [ "https://other.example.org" ];`,
    look: 'gateway.publicOrigins',
    is: ['https://other.example.org', 'https://castellan.example.org'],
  },
  ...['', '.<name>.title', '.<name>.prompt', '.<name>.engine', '.<name>.engine.engine'].map((part) => ({
    option: `agents${part}`,
    set: 'agents.watch = { title = "Watch"; prompt = "Watch."; engine = { engine = "anthropic"; model = "m"; provider = "anthropic"; }; };',
    look: `{ inherit (gateway) agentsFile; inherit (builtins.fromJSON config.environment.etc."castellan/agents.json".text) agents; }`,
    is: {
      agentsFile: '/etc/castellan/agents.json',
      agents: {
        watch: {
          title: 'Watch',
          prompt: 'Watch.',
          engine: { engine: 'anthropic', model: 'm', provider: 'anthropic' },
          memory: { enabled: true, token_budget: 600 },
        },
      },
    },
  })),
  ...['enabled', 'tokenBudget'].map((name) => ({
    option: `agents.<name>.memory.${name}`,
    set: 'agents.main.memory = { enabled = false; tokenBudget = 100; };',
    look: '(builtins.fromJSON config.environment.etc."castellan/agents.json".text).agents.main.memory',
    is: { enabled: false, token_budget: 100 },
  })),
  {
    option: 'defaultAgent',
    set: 'agents = { main = { }; watch = { }; }; defaultAgent = "watch";',
    look: '(builtins.fromJSON config.environment.etc."castellan/agents.json".text).default',
    is: 'watch',
  },
  { option: 'gateway.memoryMax', set: 'gateway.memoryMax = "2G";', look: has('MemoryMax=2G', 'gateway'), is: true },
  {
    option: 'gateway.settings',
    set: 'gateway.settings.pageDir = "/srv/page";',
    look: 'gateway.pageDir',
    is: '/srv/page',
  },
  {
    option: 'airlock.enable',
    set: 'airlock.enable = false;',
    look: 'config.systemd.services ? castellan-airlock',
    is: false,
  },
  { option: 'airlock.memoryMax', set: 'airlock.memoryMax = "1G";', look: has('MemoryMax=1G', 'airlock'), is: true },
  { option: 'airlock.settings', set: 'airlock.settings.concurrency = 8;', look: 'airlock.concurrency', is: 8 },
  {
    option: 'airlock.nameServers',
    set: 'airlock.nameServers = [ "9.9.9.9" ];',
    look: 'airlock.nameServers',
    is: ['9.9.9.9'],
  },
  {
    option: 'airlock.inspect',
    set: 'airlock.inspect.contact = "redact";',
    look: 'airlock.inspect',
    is: { contact: 'redact' },
  },
  ...['credential', 'secret', 'canary', 'personal', 'contact', 'entropy', 'unreadable'].map((of) => ({
    option: `airlock.inspect.${of}`,
    set: `airlock.inspect.${of} = "ask";`,
    look: 'airlock.inspect',
    is: { [of]: 'ask' },
  })),
  ...['', '.url', '.tor', '.tor.socks', '.tor.control', '.tor.cookieFile', '.tor.passwordFile'].map((part) => ({
    option: `airlock.search${part}`,
    set: `airlock.search = { url = "https://searx.example.org/"; tor.${part.endsWith('passwordFile') ? 'passwordFile = "/run/p"' : 'cookieFile = "/run/c"'}; };`,
    look: 'airlock.search',
    is: {
      url: 'https://searx.example.org/',
      tor: {
        socks: '127.0.0.1:9050',
        control: '127.0.0.1:9051',
        ...(part.endsWith('passwordFile') ? { passwordFile: '/run/p' } : { cookieFile: '/run/c' }),
      },
    },
  })),
  {
    option: 'airlock.search.tor.group',
    set: 'airlock.search = { url = "https://searx.example.org/"; tor = { cookieFile = "/run/c"; group = "tor"; }; };',
    look: has('SupplementaryGroups=tor', 'airlock'),
    is: true,
  },
  ...[
    '.inspect',
    '.inspect.credential',
    '.inspect.secret',
    '.inspect.canary',
    '.inspect.personal',
    '.inspect.contact',
    '.inspect.entropy',
    '.inspect.unreadable',
    '.auth',
  ].map((part) => ({
    option: `airlock.allow.*${part}`,
    set: 'airlock.allow = [ { host = "a.lan"; inspect.credential = "redact"; auth = "any"; } ];',
    look: '(builtins.head airlock.allow).auth + (builtins.head airlock.allow).inspect.credential',
    is: 'anyredact',
  })),
  ...['', '.*.host', '.*.scheme', '.*.port', '.*.methods', '.*.path', '.*.reach', '.*.perMinute', '.*.note'].map(
    (part) => ({
      option: `airlock.allow${part}`,
      set: `airlock.allow = [ { host = "llm.lan"; scheme = "http"; port = 8080; methods = [ "POST" ]; path = "/v1";
      reach = "private"; perMinute = 10; note = "ours"; } ];`,
      look: 'airlock.allow',
      is: [
        {
          host: 'llm.lan',
          scheme: 'http',
          port: 8080,
          methods: ['POST'],
          path: '/v1',
          reach: 'private',
          per_minute: 10,
          note: 'ours',
        },
      ],
    }),
  ),
]

const ofNginx: readonly Case[] = [
  { option: 'nginx.enable', set: `${host} nginx.enable = false;`, look: 'config.services.nginx.enable', is: false },
  {
    option: 'nginx.hostName',
    set: certificate,
    look: `{ proxy = ${virtualHost}.locations."/".proxyPass; inherit (gateway) publicOrigins; inherit (agentd.approvals) passkeys; }`,
    is: {
      proxy: 'http://unix:/run/castellan-web/gateway.sock',
      publicOrigins: ['https://castellan.example.org'],
      passkeys: { origins: ['https://castellan.example.org'] },
    },
  },
  {
    // nginx repeats whole request lines in what it complains of below this.
    option: 'nginx.hostName',
    set: certificate,
    look: `lib.hasInfix "error_log /var/log/nginx/error.log crit;" ${virtualHost}.extraConfig`,
    is: true,
  },
  { option: 'nginx.tls.acme', set: host, look: `${virtualHost}.enableACME`, is: true },
  ...['certificate', 'key'].map((name) => ({
    option: `nginx.tls.${name}`,
    set: certificate,
    look: `{ inherit (${virtualHost}) enableACME sslCertificate sslCertificateKey addSSL; }`,
    is: {
      enableACME: false,
      sslCertificate: '/etc/tls/cert.pem',
      sslCertificateKey: '/etc/tls/key.pem',
      addSSL: true,
    },
  })),
  {
    option: 'nginx.tls.hsts',
    set: `${certificate} nginx.tls.hsts = false;`,
    look: 'lib.hasInfix "add_header Strict-Transport-Security" config.rendered.nginx',
    is: false,
  },
  {
    option: 'nginx.maxBodyBytes',
    set: `${certificate} nginx.maxBodyBytes = 4096;`,
    look: 'lib.hasInfix "client_max_body_size 4096;" config.rendered.nginx',
    is: true,
  },
  {
    option: 'nginx.idleSeconds',
    set: `${certificate} nginx.idleSeconds = 1200;`,
    look: 'lib.hasInfix "proxy_read_timeout 1200s;" config.rendered.nginx',
    is: true,
  },
  {
    option: 'nginx.trustedProxies',
    set: `${certificate} nginx.trustedProxies = [ "192.0.2.0/24" ];`,
    look: 'lib.hasInfix "set_real_ip_from 192.0.2.0/24;\\nreal_ip_header X-Forwarded-For;" config.rendered.nginx',
    is: true,
  },
]

export const cases: readonly Case[] = [...ofCastellan, ...ofAgentd, ...ofErrands, ...ofTheOthers, ...ofNginx]
