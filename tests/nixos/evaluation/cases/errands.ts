import type { Case } from './case.ts'

const routine = 'cron = "1 2 * * *"; calls = [ { tool = "system_health"; } ];'
const watcher = 'check = { kind = "unit"; unit = "web.service"; };'
const server = 'command = [ "/bin/mcp" ];'

export const ofErrands: readonly Case[] = [
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
