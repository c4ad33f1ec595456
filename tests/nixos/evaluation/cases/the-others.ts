import { type Case, certificate, has } from './case.ts'

export const ofTheOthers: readonly Case[] = [
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
