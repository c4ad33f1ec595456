import { generateKeyPairSync } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import type { EgressRequest } from '@castellan/contracts'
import { Authority } from '../../support/certificates.ts'
import { BASE62, BASE64URL, DIGITS, type Draw, HEX, UPPER32 } from './draw.ts'

/** As shells, templates and CI write a variable; put together, so that it is none of ours. */
const variable = (name: string): string => ['$', '{', name, '}'].join('')

export interface Harmless {
  readonly what: string
  readonly request: Omit<EgressRequest, 'purpose'>
}

const NIX32 = '0123456789abcdfghijklmnpqrsvwxyz'

/** Texts that look like secrets to a careless reader and are none. */
export function harmlessTexts(draw: Draw): (readonly [string, string])[] {
  const hex = (count: number): string => draw.of(HEX, count)
  const uuid = (): string => `${hex(8)}-${hex(4)}-4${hex(3)}-a${hex(3)}-${hex(12)}`
  const sri = (bytes: number): string => draw.bytes(bytes).toString('base64')
  const ssh = generateKeyPairSync('ed25519').publicKey.export({ format: 'der', type: 'spki' }).subarray(12)
  const sshWire = Buffer.concat([
    Buffer.from([0, 0, 0, 11]),
    Buffer.from('ssh-ed25519'),
    Buffer.from([0, 0, 0, 32]),
    ssh,
  ])
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({
    format: 'pem',
    type: 'spki',
  }) as string
  const png = Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), draw.bytes(900)])
  const notLuhn = (): string => {
    for (;;) {
      const digits = `4${draw.of(DIGITS, 15)}`
      const sum = [...digits].reverse().reduce((total, digit, at) => {
        const value = Number(digit) * (at % 2 === 0 ? 1 : 2)
        return total + (value > 9 ? value - 9 : value)
      }, 0)
      if (sum % 10 !== 0) return digits
    }
  }
  return [
    ['git commit', `fix: see commit ${hex(40)} and ${hex(7)}`],
    ['git log', Array.from({ length: 12 }, () => `${hex(40)} Merge branch 'main' of origin`).join('\n')],
    [
      'git diff',
      `diff --git a/x.ts b/x.ts\nindex ${hex(7)}..${hex(7)} 100644\n--- a/x.ts\n+++ b/x.ts\n@@ -1,3 +1,3 @@\n-const a = 1\n+const a = 2`,
    ],
    ['sha256 sums', `${hex(64)}  castellan.tar.gz\n${hex(64)}  install.sh`],
    ['sha512', `sha512: ${hex(128)}`],
    ['md5', `${hex(32)}  disk.img`],
    ['docker digest', `FROM docker.io/library/node@sha256:${hex(64)}`],
    ['container ids', `CONTAINER ID   IMAGE\n${hex(12)}   nginx\n${hex(64)}   redis`],
    ['uuid', `request ${uuid()} of session ${uuid()}`],
    ['uuids in json', JSON.stringify({ id: uuid(), parent_id: uuid(), trace: uuid() })],
    ['upper-case uuid', `{${uuid().toUpperCase()}}`],
    ['ulid', `01${draw.of('0123456789ABCDEFGHJKMNPQRSTVWXYZ', 24)} is the id of the entry`],
    ['traceparent', `traceparent: 00-${hex(32)}-${hex(16)}-01`],
    ['nix store path', `/nix/store/${draw.of(NIX32, 32)}-glibc-2.39-52/lib/libc.so.6`],
    ['nix closure', Array.from({ length: 10 }, () => `/nix/store/${draw.of(NIX32, 32)}-source`).join('\n')],
    [
      'nix fetch',
      `src = fetchFromGitHub { owner = "x"; repo = "y"; rev = "${hex(40)}"; hash = "sha256-${sri(32)}"; };`,
    ],
    ['nix old hash', `sha256 = "${draw.of(NIX32, 52)}";`],
    [
      'flake.lock',
      JSON.stringify({
        nodes: {
          nixpkgs: {
            locked: { lastModified: 1_731_676_054, narHash: `sha256-${sri(32)}`, rev: hex(40), type: 'github' },
          },
        },
      }),
    ],
    [
      'npm lock',
      JSON.stringify({ 'node_modules/x': { version: '1.2.3', integrity: `sha512-${sri(64)}`, license: 'MIT' } }),
    ],
    ['yarn lock', `x@^1.0.0:\n  version "1.2.3"\n  integrity sha512-${sri(64)}\n`],
    ['cargo lock', `[[package]]\nname = "serde"\nversion = "1.0.210"\nchecksum = "${hex(64)}"`],
    ['go sum', `golang.org/x/net v0.30.0 h1:${sri(32)}\ngolang.org/x/net v0.30.0/go.mod h1:${sri(32)}`],
    ['pip hashes', `requests==2.32.3 \\\n    --hash=sha256:${hex(64)} \\\n    --hash=sha256:${hex(64)}`],
    ['script tag', `<script src="/app.js" integrity="sha384-${sri(48)}" crossorigin="anonymous"></script>`],
    ['ssh public key', `ssh-ed25519 ${sshWire.toString('base64')} ada@laptop`],
    ['known hosts', `|1|${sri(20)}|${sri(20)} ssh-ed25519 ${sshWire.toString('base64')}`],
    ['ssh fingerprint', `256 SHA256:${sri(32).replace('=', '')} ada@laptop (ED25519)`],
    ['public key', rsa],
    ['certificate', new Authority().cert],
    ['wireguard peer', `[Peer]\nPublicKey = ${sri(32)}\nAllowedIPs = 10.0.0.2/32`],
    ['age recipient', `age1${draw.of('qpzry9x8gf2tvdw0s3jn54khce6mua7l', 58)}`],
    ['image in css', `background: url(data:image/png;base64,${png.toString('base64')})`],
    [
      'image in json',
      JSON.stringify({ type: 'image', source: { media_type: 'image/png', data: png.toString('base64') } }),
    ],
    [
      'image in lines',
      `Content-Type: image/png\nContent-Transfer-Encoding: base64\n\n${png.toString('base64').replace(/(.{76})/g, '$1\n')}`,
    ],
    [
      'compressed text in base64',
      gzipSync('the quick brown fox jumps over the lazy dog, again and again and again').toString('base64'),
    ],
    ['words in base64', Buffer.from('Hello world, this is a perfectly harmless sentence.').toString('base64')],
    [
      'minified js',
      '!function(e,t){"object"==typeof exports&&"undefined"!=typeof module?t(exports):t((e=globalThis).React={})}(this,function(e){"use strict";var t=Symbol.for("react.element"),n={isMounted:function(){return!1},enqueueForceUpdate:function(){}};e.createContext=function(e){return(e={$$typeof:t,_currentValue:e}).Provider={$$typeof:n,_context:e},e.Consumer=e}});',
    ],
    [
      'bundle names',
      `<link href="/assets/index-${draw.of(BASE64URL, 8)}.css"><script src="/static/js/main.${hex(8)}.chunk.js"></script>`,
    ],
    [
      'source map',
      '{"version":3,"sources":["a.ts"],"names":["useEffectOnce","createBrowserHistory2","getElementById"],"mappings":"AAAA,IAAMA,QAAQ,GAAG,CAAC,CAACC,CAAC;AACpB,OAAO,IAAMC,MAAM,GAAG,IAAI,CAACH,CAAC"}',
    ],
    [
      'svg path',
      '<path d="M12 2C6.48 2 2 6.48 2 12s4.48 10 10 10 10-4.48 10-10S17.52 2 12 2zm-2 15l-5-5 1.41-1.41L10 14.17l7.59-7.59L19 8l-9 9z"/>',
    ],
    [
      'long identifiers',
      'const isUserAuthenticatedWithTwoFactorAuthenticationEnabled2 = checkAuthenticationStateForUserV2(context)',
    ],
    ['constants', 'EXPERIMENTAL_FEATURE_FLAG_ENABLE_NEW_CHECKOUT_FLOW_2024=true'],
    [
      'java class',
      'at org.springframework.beans.factory.support.AbstractAutowireCapableBeanFactory.createBean(AbstractAutowireCapableBeanFactory.java:522)',
    ],
    ['mangled symbol', '_ZNSt3__112basic_stringIcNS_11char_traitsIcEENS_9allocatorIcEEE6appendEPKcm'],
    ['kubernetes pods', 'web-frontend-7d4b9c6f8b-x2z9k 1/1 Running\ncoredns-5dd5756b68-4tqlz 1/1 Running'],
    ['order number', `order ${notLuhn()} was shipped`],
    ['order numbers', JSON.stringify({ orders: [notLuhn(), notLuhn(), notLuhn()] })],
    [
      'numbers with spaces',
      `ref ${notLuhn()
        .replace(/(.{4})/g, '$1 ')
        .trim()}`,
    ],
    ['microseconds', `ts=1732195200123456 dur=0.4111111111111111`],
    ['floats', '[0.4539204410032571,0.5105105105105100,-0.3782822463100051]'],
    ['phone-like ids', 'ticket 555-123-4567, case 12-3456-7890, build 2024.11.21-0417'],
    ['date ids', 'backup-20241121-0417, log.2024-11-21.17, snapshot_20241121120000'],
    ['ean and isbn', 'EAN 4006381333931, ISBN 978-3-16-148410-0'],
    ['tracking', '1Z999AA10123456784 and RR123456785DE'],
    ['versions', 'v24.21.0, 10.0.22631.4460, 1.2.3-rc.4+build.20241121'],
    ['ip addresses', '192.168.178.20 2001:db8:85a3::8a2e:370:7334 00:1A:2B:3C:4D:5E'],
    ['flagged iban', 'DE00 1234 5678 9012 3456 78 is not a valid account'],
    ['vin', 'VIN WVWZZZ1JZ3W386752'],
    ['docs password', 'Set `password: <your password>` in the file, then restart.'],
    [
      'docs env',
      `DB_PASSWORD=${variable('DB_PASSWORD')}\nAPI_KEY=your-api-key-here\nSECRET_KEY=changeme\nTOKEN=$TOKEN`,
    ],
    ['docs yaml', 'auth:\n  username: admin\n  password: "********"\n  token: null\n'],
    ['docs curl', 'curl -H "Authorization: Bearer $TOKEN" -H "x-api-key: YOUR_API_KEY" https://api.example.org/v1'],
    [
      'docs keys',
      `export OPENAI_API_KEY=${'sk-'}...\nexport KEY=${'sk-'}${'x'.repeat(32)}\nAWS_ACCESS_KEY_ID=${'AKIA'}IOSFODNN7EXAMPLE`,
    ],
    ['docs pem', 'The file begins with -----BEGIN PRIVATE KEY----- and ends with -----END PRIVATE KEY-----.'],
    ['docs github', 'Tokens begin with ghp_ or github_pat_; make one in the settings.'],
    ['docs url', `postgres://user:<password>@localhost/db or postgres://user:${variable('PASS')}@db/app`],
    [
      'sentence about passwords',
      'I forgot my password: how do I reset it? The password: field is empty. Passwords must have 12 characters.',
    ],
    [
      'ui strings',
      JSON.stringify({
        password: 'Password',
        forgot_password: 'Forgot your password?',
        passwordHint: 'At least 12 characters',
        token: 'Token',
      }),
    ],
    ['ui strings de', JSON.stringify({ password: 'Passwort', confirmPassword: 'Passwort bestätigen' })],
    [
      'type script',
      'interface Login { username: string; password: string; token?: string }\nfunction login({ password }: Login) { return hash(password) }',
    ],
    [
      'python',
      'def connect(host, password=None, token=os.environ["TOKEN"]):\n    self.password = password\n    api_key = config.get("api_key")',
    ],
    [
      'go',
      'password := os.Getenv("DB_PASSWORD")\nif token == "" { return errNoToken }\ncfg.Secret = secretFromFile(path)',
    ],
    ['rust', 'let password = std::env::var("PASSWORD")?; let token: Option<String> = None;'],
    ['nix', 'services.x = { passwordFile = "/run/secrets/db"; environmentFile = config.age.secrets.env.path; };'],
    ['sql', 'CREATE TABLE users (id serial, password_hash text NOT NULL, token varchar(255));'],
    ['html form', '<input type="password" name="password" placeholder="Password" autocomplete="current-password">'],
    [
      'json schema',
      JSON.stringify({ properties: { password: { type: 'string', minLength: 12 }, api_key: { type: 'string' } } }),
    ],
    [
      'usage',
      JSON.stringify({ usage: { prompt_tokens: 1234, completion_tokens: 567, total_tokens: 1801 }, max_tokens: 4096 }),
    ],
    ['page tokens', JSON.stringify({ next_page_token: draw.of(BASE64URL, 40), items: [] })],
    [
      'chat ids',
      JSON.stringify({
        id: `chatcmpl-${draw.of(BASE62, 29)}`,
        tool_calls: [{ id: `call_${draw.of(BASE62, 24)}`, type: 'function' }],
      }),
    ],
    [
      'message ids',
      JSON.stringify({
        id: `msg_01${draw.of(BASE62, 22)}`,
        content: [{ type: 'tool_use', id: `toolu_01${draw.of(BASE62, 22)}` }],
      }),
    ],
    [
      'thinking signature',
      JSON.stringify({ type: 'thinking', thinking: 'hm', signature: draw.bytes(300).toString('base64') }),
    ],
    ['short signature', JSON.stringify({ thinking: 'hm', signature: draw.bytes(96).toString('base64') })],
    [
      'embedding',
      JSON.stringify({ embedding: Array.from({ length: 40 }, () => (draw.below(2_000_000) - 1_000_000) / 1_000_000) }),
    ],
    ['etag', `ETag: W/"${hex(32)}"\nIf-None-Match: "${draw.of(BASE64URL, 27)}"`],
    ['dkim', `v=DKIM1; k=rsa; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQ${draw.of(BASE62, 100)}QIDAQAB`],
    ['document link', `https://docs.example.org/document/d/1${draw.of(BASE64URL, 43)}/edit`],
    ['video link', `https://video.example.org/watch?v=${draw.of(BASE64URL, 11)}`],
    ['utm', 'https://example.org/?utm_source=newsletter&utm_campaign=2024-11-black-friday-early-access-vip'],
    ['ledger entry', JSON.stringify({ index: 42, previous: hex(64), payload: `sha256:${hex(64)}` })],
    ['tlog checkpoint', `example.org/log\n42\n${sri(32)}\n\n— example.org/log ${sri(70)}`],
    [
      'journal',
      'Nov 21 04:17:01 host sshd[1234]: Accepted publickey for ada from 10.0.0.2 port 51234 ssh2: ED25519 SHA256:' +
        sri(32).replace('=', ''),
    ],
    ['systemd boot ids', `boot ${hex(32)} machine ${hex(32)} invocation ${hex(32)}`],
    ['partition uuids', `/dev/disk/by-uuid/${uuid()} /dev/disk/by-partuuid/${uuid()} UUID=${hex(4)}-${hex(4)}`],
    ['zfs', `zpool guid 1${draw.of(DIGITS, 18)} txg 1234567`],
    ['pci', '0000:00:1f.2 SATA controller [0106]: Intel [8086:a102] (rev 31)'],
    ['elf build id', `BuildID[sha1]=${hex(40)}, stripped`],
    ['bitcoin address', `bc1${draw.of('qpzry9x8gf2tvdw0s3jn54khce6mua7l', 39)}`],
    ['aws names', `arn:aws:iam::123456789012:role/app vpc-${hex(17)} subnet-${hex(17)} ami-${hex(17)}`],
    ['certificate serial', `Serial Number: ${(hex(36).match(/../g) ?? []).join(':')}`],
    ['base32 id', `invoice ${draw.of(UPPER32, 10)} for ${draw.of(UPPER32, 8)}`],
    [
      'prose',
      'The castellan keeps the keys, runs the place, and answers for every act. Nothing leaves unless its owner says so. Internationalization and telecommunications infrastructure are counterrevolutionary.',
    ],
    [
      'german prose',
      'Donaudampfschifffahrtsgesellschaftskapitän und Rechtsschutzversicherungsgesellschaften beim Straßenverkehrsamt.',
    ],
    [
      'markdown table',
      '| key | value |\n|---|---|\n| token budget | 4096 |\n| password policy | strong |\n| secret rotation | weekly |',
    ],
    [
      'kubernetes secret ref',
      'env:\n- name: DB_PASSWORD\n  valueFrom:\n    secretKeyRef:\n      name: db-credentials\n      key: password',
    ],
    ['ci config', `env:\n  TOKEN: ${variable('{ secrets.GITHUB_TOKEN }')}\n  NPM_TOKEN: ${variable('NPM_TOKEN')}\n`],
    ['shell', 'read -s -p "Password: " PASSWORD; export PASSWORD; mysql --password="$PASSWORD" -e "select 1"'],
    ['colours', 'color: #4f8a10; background: #dff2bf; --accent: hsl(210deg 40% 60%)'],
    ['locale', 'en-US,en;q=0.9,de-DE;q=0.8 text/html,application/xhtml+xml,application/xml;q=0.9'],
    [
      'user agent',
      'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36',
    ],
    [
      'patch of package',
      `+ "typescript": "7.0.2",\n+ "resolved": "typescript-7.0.2.tgz",\n+ "integrity": "sha512-${sri(64)}"`,
    ],
  ]
}

/** Each in a chat, and by turns in a query, a form, a header or as it is. */
export function harmless(origin: string, draw: Draw): Harmless[] {
  const texts = harmlessTexts(draw)
  const chat = (text: string): Buffer =>
    Buffer.from(
      JSON.stringify({
        model: 'm',
        messages: [
          { role: 'system', content: 'You help.' },
          { role: 'user', content: `What is this?\n\n${text}` },
        ],
      }),
    )
  return texts.flatMap(([what, text], at) => {
    const inChat: Harmless = { what: `${what}, in a chat`, request: post(origin, 'application/json', chat(text)) }
    const other: Harmless =
      at % 3 === 0
        ? {
            what: `${what}, in the query`,
            request: { url: `${origin}/search?${new URLSearchParams({ q: text.slice(0, 2000) })}` },
          }
        : at % 3 === 1
          ? {
              what: `${what}, in a form`,
              request: post(
                origin,
                'application/x-www-form-urlencoded',
                Buffer.from(new URLSearchParams({ text }).toString()),
              ),
            }
          : { what: `${what}, as it is`, request: post(origin, 'text/plain', Buffer.from(text)) }
    return [inChat, other]
  })
}

function post(origin: string, type: string, body: Buffer): Harmless['request'] {
  return { url: `${origin}/v1`, method: 'POST', headers: { 'content-type': type }, body: body.toString('base64') }
}
