import { describe, expect, it } from 'vitest'
import { heedExplicit } from '../../../src/interpreter/explicit/explicit.ts'
import { tool } from '../../support/tools.ts'

type Args = Record<string, unknown>

const text = { type: 'string' }
const list = { type: 'array', items: text }
const dashed = { type: 'string', pattern: '^[a-z][a-z0-9-]{0,31}$' }
const tools = [
  tool('incident_step', { id: text, note: text, contained: { type: 'boolean' } }),
  tool('incident_create', { subject: text, summary: text }),
  tool('approval_status', { approvalId: text }),
  tool('model_import', { path: text, sha256: text }),
  tool('model_verify', { id: text }),
  tool('file_checksum', { path: text, algorithm: { enum: ['sha256', 'sha512', 'sha1', 'md5'] }, expected: text }),
  tool('file_search', { path: text, name: text, contains: text }),
  tool('http_check', { url: text, contains: text }),
  tool('certificate_check', { host: text, port: { type: 'integer' } }),
  tool('dns_lookup', { name: text, types: { type: 'array', items: { enum: ['A', 'AAAA', 'MX', 'TXT', 'NS'] } } }),
  tool('process_signal', { pid: { type: 'integer' }, name: text, signal: { enum: ['TERM', 'KILL', 'HUP', 'CONT'] } }),
  tool('journal_errors', { priority: { enum: ['err', 'warning'], default: 'err' } }),
  tool('backup_create', { paths: list, set: { type: 'string', pattern: '^[a-z][a-z0-9-]{0,31}$' } }),
  tool('backup_restore', { id: text, inPlace: { type: 'boolean' } }),
  tool('capability_mint', { tools: list, minutes: { type: 'integer' } }),
  tool('flake_update', { inputs: list }),
  tool('memory_list', { tags: list }),
  tool('memory_recall', { about: text }),
  tool('memory_store', { text, tags: list }),
  tool('nixos_option_set', { option: text, value: {} }),
  tool('app_start', { name: dashed }),
  tool('watcher_add', { name: dashed }),
  tool('mcp_server_stop', { server: text }),
  tool('search_web', { query: text, since: { enum: ['day', 'week'] } }),
  tool('shell_exec', { script: text }),
]

const heed = (name: string, args: Args, request: string): Args =>
  heedExplicit(
    args,
    request,
    tools.find((each) => each.name === name),
  )

describe('what looks like nothing else', () => {
  it.each<[tool: string, chosen: Args, request: string, heeded: Args]>([
    ['incident_step', { note: 'x' }, 'add to inc_5Tq8rWm2Zk: x', { id: 'inc_5Tq8rWm2Zk', note: 'x' }],
    ['incident_step', { note: 'x' }, 'inc_5Tq8rWm2Zk or inc_6Tq8rWm2Zk: x', { note: 'x' }],
    ['approval_status', {}, 'what became of apr_9bXk2LmQ', { approvalId: 'apr_9bXk2LmQ' }],
    ['model_verify', { id: 'model' }, 'check the model 0f3a9c1d2e4b5a69 again', { id: '0f3a9c1d2e4b5a69' }],
    ['file_checksum', { path: 'a.iso' }, 'md5sum a.iso', { path: 'a.iso', algorithm: 'md5' }],
    [
      'file_checksum',
      { path: 'a.iso' },
      'is a.iso d41d8cd98f00b204e9800998ecf8427e',
      { path: 'a.iso', expected: 'd41d8cd98f00b204e9800998ecf8427e' },
    ],
    ['model_import', { path: 'model' }, 'import the model file small.gguf', { path: 'small.gguf' }],
    ['file_search', { contains: '*.bak' }, 'any *.bak files here', { name: '*.bak' }],
    ['http_check', { url: 'status' }, 'status of http://localhost:9090/ready?', { url: 'http://localhost:9090/ready' }],
    ['certificate_check', { host: 'openssl' }, 'openssl s_client imap.a.org:993', { host: 'imap.a.org', port: 993 }],
    ['certificate_check', { host: '10.0.4.12' }, 'cert at 10.0.4.12 port 8006', { host: '10.0.4.12', port: 8006 }],
    ['dns_lookup', { name: 'nslookup' }, 'nslookup -type=NS oak.org', { name: 'oak.org', types: ['NS'] }],
    ['dns_lookup', { name: 'oak.org' }, 'mx and txt of oak.org', { name: 'oak.org', types: ['MX', 'TXT'] }],
    ['process_signal', { pid: 7, signal: 'TERM' }, 'kill -9 7', { pid: 7, signal: 'KILL' }],
    ['process_signal', { pid: 7, signal: 'TERM' }, 'kill 7', { pid: 7, signal: 'TERM' }],
    ['journal_errors', { priority: 'err' }, 'top errors', {}],
    ['journal_errors', {}, 'top warnings', { priority: 'warning' }],
    [
      'nixos_option_set',
      { option: 'a.b', value: '443]' },
      'a.b should be [80, 443]',
      { option: 'a.b', value: [80, 443] },
    ],
    ['search_web', { query: 'zfs' }, 'news on zfs since yesterday', { query: 'zfs' }],
    ['incident_step', { id: 'a', note: 'n' }, 'a: "n", now contained', { id: 'a', note: 'n', contained: true }],
    ['incident_step', { id: 'a', note: 'n' }, 'a: "n", not contained', { id: 'a', note: 'n' }],
    ['backup_restore', { id: 'b' }, 'put b back where it was', { id: 'b', inPlace: true }],
  ])('%s %j of %j becomes %j', (name, chosen, request, heeded) => {
    expect(heed(name, chosen, request)).toEqual(heeded)
  })
})

describe('a list', () => {
  it.each<[tool: string, chosen: Args, request: string, heeded: Args]>([
    ['backup_create', { paths: ['/a'] }, 'save /a, /b/c and /d', { paths: ['/a', '/b/c', '/d'] }],
    ['backup_create', { paths: ['/a'] }, 'save /a into the set weekly', { paths: ['/a'], set: 'weekly' }],
    ['backup_create', { paths: ['/a'] }, 'save /a and tell me', { paths: ['/a'] }],
    [
      'capability_mint',
      { tools: ['disk_list'] },
      'cap for file_read, disk_list',
      { tools: ['file_read', 'disk_list'] },
    ],
    [
      'flake_update',
      { inputs: ['home-manager'] },
      'bump home-manager and sops-nix',
      { inputs: ['home-manager', 'sops-nix'] },
    ],
    ['flake_update', { inputs: ['nixpkgs'] }, 'update nixpkgs and rebuild', { inputs: ['nixpkgs'] }],
    ['memory_list', { tags: ['nas'] }, 'facts with the tags backup and nas', { tags: ['backup', 'nas'] }],
  ])('of %s %j in %j is %j', (name, chosen, request, heeded) => {
    expect(heed(name, chosen, request)).toEqual(heeded)
  })
})

describe('a name', () => {
  it.each<[tool: string, chosen: Args, request: string, heeded: Args]>([
    ['app_start', { name: 'back' }, 'turn the go-links app back on', { name: 'go-links' }],
    ['app_start', { name: 'wiki' }, 'start the wiki', { name: 'wiki' }],
    ['app_start', { name: '/usr/bin/wiki' }, 'start /usr/bin/wiki', {}],
    ['app_start', { name: 'it' }, 'fire it up', {}],
    ['watcher_add', { name: 'nginx' }, 'keep an eye on nginx, name it web', { name: 'web' }],
    ['mcp_server_stop', { server: 'down' }, 'shut the notion mcp server down', { server: 'notion' }],
  ])('for %s %j in %j is %j', (name, chosen, request, heeded) => {
    expect(heed(name, chosen, request)).toEqual(heeded)
  })
})

describe('a passage', () => {
  it.each<[tool: string, chosen: Args, request: string, heeded: Args]>([
    [
      'incident_create',
      { subject: 'mail', summary: '4000' },
      'incident mail: 4000 messages are stuck',
      { subject: 'mail', summary: '4000 messages are stuck' },
    ],
    [
      'memory_store',
      { text: 'tapes', tags: ['tape'] },
      'remember: tapes need cleaning, tag it tape',
      { text: 'tapes need cleaning', tags: ['tape'] },
    ],
    ['memory_store', { text: 'the nas' }, 'remember that the nas is upstairs.', { text: 'the nas is upstairs' }],
    ['memory_recall', { about: 'drive' }, 'did I tell you of anything on the tape drive?', { about: 'the tape drive' }],
    ['memory_recall', { about: 'marta' }, "once about marta's access, what was it", { about: "marta's access" }],
    ['search_web', { query: 'zfs' }, 'search the web for zfs tuning please', { query: 'zfs tuning' }],
    ['memory_store', { text: 'a: b' }, 'remember "a: b"', { text: 'a: b' }],
    [
      'shell_exec',
      { script: 'sort -rn' },
      'run in bash: sort n | uniq -c | sort -rn',
      { script: 'sort n | uniq -c | sort -rn' },
    ],
    [
      'shell_exec',
      { script: 'mkdir' },
      'this script: mkdir -p out && mv *.tmp out/',
      { script: 'mkdir -p out && mv *.tmp out/' },
    ],
    ['shell_exec', { script: 'ls' }, 'run ls', { script: 'ls' }],
    ['shell_exec', { script: '%x' }, "in a shell: printf '%x' 48879", { script: "printf '%x' 48879" }],
    ['shell_exec', { script: 'a; b' }, 'run this: "a; b"', { script: 'a; b' }],
    [
      'incident_step',
      { id: 'inc_7fGh2JkNb9', note: 'that the raid' },
      'on inc_7fGh2JkNb9 note that the raid is rebuilding',
      { id: 'inc_7fGh2JkNb9', note: 'the raid is rebuilding' },
    ],
  ])('of %s %j in %j is %j', (name, chosen, request, heeded) => {
    expect(heed(name, chosen, request)).toEqual(heeded)
  })
})
