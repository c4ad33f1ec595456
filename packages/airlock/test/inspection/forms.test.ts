import { brotliCompressSync, gzipSync } from 'node:zlib'
import type { Destination } from '@castellan/contracts'
import { expect, test } from 'vitest'
import { Inspector } from '../../src/inspection/inspector.ts'
import { Marks } from '../../src/inspection/marks.ts'
import type { Outgoing } from '../../src/inspection/parts.ts'
import { BASE62, Draw } from './corpus/draw.ts'

// Forms that were written down after the inspection was made for the corpus, to see what it does with what it was not made for: at
// first it caught 81 of 95 and stopped 3 of 45. What it still does not see is in docs/airlock.md.

type Case = readonly [name: string, outgoing: Outgoing]

const draw = new Draw(7)
const joined = (...parts: readonly string[]): string => parts.join('')
const base64 = (bytes: string | Buffer): string => Buffer.from(bytes).toString('base64')
const gh = joined('gh', 'p_', draw.of(BASE62, 36))
const cst = joined('cst', '_', draw.of(BASE62, 43))

const hexOf = (char: string): string => char.charCodeAt(0).toString(16).toUpperCase()
const body = (text: string | Buffer, type = 'application/json'): Outgoing => ({
  url: new URL('https://api.test/v1'),
  headers: { 'content-type': type },
  body: Buffer.from(text),
})
const url = (text: string): Outgoing => ({ url: new URL(text), headers: {}, body: undefined })
const headers = (given: Readonly<Record<string, string>>): Outgoing => ({
  url: new URL('https://api.test/v1'),
  headers: given,
  body: undefined,
})

const leaks: readonly Case[] = [
  ['xml', body(`<config><password>hunter2</password></config>`, 'text/xml')],
  ['xml attr', body(`<conn user="a" password="s3cr3tPw!"/>`, 'text/xml')],
  ['toml', body(`[db]\npassword = "correct-horse-9"\n`, 'text/plain')],
  ['ini', body(`[client]\nuser=root\npassword=Tr0ub4dor&3\n`, 'text/plain')],
  ['prose pw', body(`{"text":"the root password is hunter2"}`)],
  ['prose pw colon', body(`{"text":"login: admin password: Winter2024!"}`)],
  ['form login', body('username=bob&password=swordfish', 'application/x-www-form-urlencoded')],
  ['json login', body('{"username":"bob","password":"swordfish"}')],
  ['json pw int', body('{"username":"bob","password":12345678}')],
  ['json passwd unicode', body('{"passwd":"pässwörd1"}')],
  ['yaml list', body('users:\n  - name: x\n    passwd: abc123xyz\n', 'text/yaml')],
  ['cli', body('mysql -u root --password=S3cretPass db', 'text/plain')],
  ['cli -p', body('curl -u admin:S3cretPass99 https://x', 'text/plain')],
  ['sshpass', body('sshpass -p "S3cretPass99" ssh x', 'text/plain')],
  ['shell export', body('export AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG/bPxRfiCYzzzKEYabcd', 'text/plain')],
  [
    'bare aws secret',
    body('wJalrXUtnFEMIzK7MDENGzbPxRfiCYzEXAMPLEKEY'.replace('EXAMPLEKEY', 'k9Qw3Lp0Zx'), 'text/plain'),
  ],
  [
    'azure conn',
    body(
      `DefaultEndpointsProtocol=https;AccountName=x;AccountKey=${base64(draw.bytes(64))};EndpointSuffix=core.windows.net`,
      'text/plain',
    ),
  ],
  ['jdbc', body('jdbc:postgresql://h/db?user=x&password=S3cr3tzz', 'text/plain')],
  ['mongodb', body('mongodb+srv://u:p4ssw0rdX@cluster0.abc.mongodb.net/db', 'text/plain')],
  ['redis', body('redis://:p4ssw0rdX@10.0.0.1:6379/0', 'text/plain')],
  [
    'shadow',
    body(
      'root:$y$j9T$F5Jx5fExrKuPp53xLKQ..1$X3DX6M94c7o.9agCG9G317fhZg9SqC.5i5rd.RhAtQ7:19000:0:99999:7:::',
      'text/plain',
    ),
  ],
  ['htpasswd', body('admin:$apr1$ruca84Hq$mbjdMZBAG.KWn7vfN/SNK/', 'text/plain')],
  [
    'gcp sa',
    body(
      JSON.stringify({
        type: 'service_account',
        private_key_id: 'a'.repeat(40),
        private_key: `-----BEGIN ${'PRIVATE'} KEY-----\n${base64(draw.bytes(200))}\n-----END ${'PRIVATE'} KEY-----\n`,
      }),
    ),
  ],
  [
    'jwk',
    body(
      JSON.stringify({ kty: 'EC', crv: 'P-256', x: base64(draw.bytes(32)), d: draw.bytes(32).toString('base64url') }),
    ),
  ],
  [
    'kubeconfig',
    body(
      `users:\n- name: a\n  user:\n    client-key-data: ${base64(`-----BEGIN RSA PRIVATE KEY-----\n${base64(draw.bytes(300))}\n-----END`)}\n`,
      'text/yaml',
    ),
  ],
  ['docker auth', body(JSON.stringify({ auths: { 'r.io': { auth: base64('bob:S3cretPass99') } } }))],
  ['cookie', body(`document.cookie = "session=${draw.of(BASE62, 40)}"`, 'text/plain')],
  ['cookie hdr text', body(`Cookie: sessionid=${draw.of(BASE62, 32).toLowerCase()}; csrftoken=abc`, 'text/plain')],
  ['basic', body(`Authorization: Basic ${base64('aladdin:opensesame')}`, 'text/plain')],
  ['x-api-key text', body(`X-API-Key: ${draw.of(BASE62, 32)}`, 'text/plain')],
  ['hex 32 key ctx', body(`SECRET_KEY=${draw.bytes(32).toString('hex')}`, 'text/plain')],
  ['hex json', body(JSON.stringify({ api_key: draw.bytes(16).toString('hex') }))],
  ['uuid apikey', body(JSON.stringify({ api_key: '3f2504e0-4f89-11d3-9a0c-0305e82c3301' }))],
  ['seed ctx', body('{"mnemonic":"legal winner thank year wave sausage worth useful legal winner thank yellow"}')],
  ['otp', body('otpauth://totp/x?secret=JBSWY3DPEHPK3PXPJBSWY3DP&issuer=y', 'text/plain')],
  [
    'quoted-printable',
    body(`Content-Transfer-Encoding: quoted-printable\n\n${gh.slice(0, 20)}=\n${gh.slice(20)}`, 'text/plain'),
  ],
  [
    'qp hex',
    body(
      `Content-Transfer-Encoding: quoted-printable\n\n${[...gh].map((c) => `=${c.charCodeAt(0).toString(16).toUpperCase()}`).join('')}`,
      'text/plain',
    ),
  ],
  ['spaces between', body([...gh].join(' '), 'text/plain')],
  ['dashes between', body([...gh].join('-'), 'text/plain')],
  ['b64 no pad in url path', url(`https://api.test/${Buffer.from(gh).toString('base64url')}/x`)],
  ['query name', url(`https://api.test/?${gh}=1`)],
  ['query b64 raw plus', url(`https://api.test/?d=${base64(`>>>>???${gh}>>>`)}`)],
  ['double-enc', url(`https://api.test/?d=${encodeURIComponent(encodeURIComponent('password=hunter2!!'))}`)],
  ['sub host hex', url(`https://${Buffer.from(joined('AK', 'IAIOSFODNN7ABCDEF2')).toString('hex')}.api.test/`)],
  ['referer', headers({ 'http-referer': `https://x/?t=${gh}` })],
  ['ua b64', headers({ 'user-agent': base64(gh) })],
  ['accept-language', headers({ 'accept-language': gh })],
  ['x-title', headers({ 'x-title': `card 4111111111111111` })],
  ['idempotency', headers({ 'idempotency-key': cst })],
  ['if-none-match', headers({ 'if-none-match': `"${gh}"` })],
  ['auth other', headers({ authorization: `Bearer ${gh}` })],
  ['zip', body(gzipSync('password: hunter2xx'), 'application/gzip')],
  [
    'br octet',
    body(brotliCompressSync('DB_PASSWORD=S3cretPass99 and more words follow here'), 'application/octet-stream'),
  ],
  ['card in json number', body('{"card":4111111111111111}')],
  ['card dotted', body('{"card":"4111.1111.1111.1111"}')],
  ['amex', body('{"n":"378282246310005"}')],
  ['iban lower', body('{"iban":"de89370400440532013000"}')],
  ['iban slash', body('konto: GB29 NWBK 6016 1331 9268 19, bitte', 'text/plain')],
  ['ssn json', body('{"ssn":"078-05-1120"}')],
  ['ssn plain', body('{"ssn":"078051120"}')],
  ['ssn text', body('My social security number is 219-09-9999.', 'text/plain')],
  ['pesel', body('{"pesel":"44051401359"}')],
  ['dni', body('{"dni":"12345678Z"}')],
  ['cpf raw', body('{"cpf":"52998224725"}')],
  ['aadhaar raw', body('{"aadhaar":"234123412346"}')],
  ['bsn', body('{"bsn":"111222333"}')],
  ['nir plain', body('{"nir":"255081416802538"}')],
  ['steuerid', body('{"id":"86095742719"}')],
  ['ndjson', body(`{"a":1}\n{"token":"${draw.of(BASE62, 32)}"}\n`, 'application/x-ndjson')],
  ['graphql', body(JSON.stringify({ query: `mutation { login(user:"a", password:"hunter2") { token } }` }))],
  ['js obj', body(`const cfg = { user: 'a', password: 'hunter2' }`, 'text/javascript')],
  ['py dict', body(`cfg = {'password': 'hunter2', 'x': 1}`, 'text/plain')],
  ['java props', body(`spring.datasource.password=hunter22\n`, 'text/plain')],
  ['tf', body(`  db_password = "hunter2abc"\n`, 'text/plain')],
  ['php', body(`define('DB_PASSWORD', 'hunter2abc');`, 'text/plain')],
  ['wp', body(`$cfg['password'] = 'hunter2abc';`, 'text/plain')],
  [
    'msgpack-ish',
    body(
      Buffer.concat([Buffer.from([0x82, 0xa4]), Buffer.from('user'), Buffer.from([0xd9, 40]), Buffer.from(gh)]),
      'application/msgpack',
    ),
  ],
  ['hex upper spaced', body(Buffer.from(gh).toString('hex').toUpperCase().replace(/../g, '$& ').trim(), 'text/plain')],
  ['\\x', body([...gh].map((c) => `\\x${c.charCodeAt(0).toString(16)}`).join(''), 'text/plain')],
  ['octal', body([...gh].map((c) => `\\${c.charCodeAt(0).toString(8).padStart(3, '0')}`).join(''), 'text/plain')],
  ['bin codes', body(JSON.stringify({ c: [...gh].map((c) => c.charCodeAt(0)) }))],
  ['wide', body([...gh].map((c) => String.fromCharCode(c.charCodeAt(0) + 0xfee0)).join(''), 'text/plain')],
  ['random b64 in q', url(`https://api.test/?x=${encodeURIComponent(base64(draw.bytes(32)))}`)],
  ['random hex key= q', url(`https://api.test/?api_key=${draw.bytes(20).toString('hex')}`)],
  ['access_token q', url(`https://api.test/?access_token=${draw.bytes(20).toString('hex')}`)],
  [
    'sig S3',
    url(
      `https://api.test/?X-Amz-Credential=${joined('AK', 'IA')}IOSFODNN7ABCDEF2/20240101/us&X-Amz-Signature=${'a1'.repeat(32)}`,
    ),
  ],
  ['nix key', body(`cache.example.org-1:${base64(draw.bytes(64))}`, 'text/plain')],
  ['tailscale', body(joined('tskey-', 'auth-kABCDEF1CNTRL-', draw.of(BASE62, 32)), 'text/plain')],
  ['vault', body(joined('hv', 's.', draw.of(BASE62, 24)), 'text/plain')],
  ['putty', body('PuTTY-User-Key-File-3: ssh-ed25519\nPrivate-Lines: 1\nAAAA', 'text/plain')],
  ['ssh der b64 only', body(base64(Buffer.concat([Buffer.from('openssh-key-v1\0'), draw.bytes(200)])), 'text/plain')],
]

const pieces = (text: string, size: number): string[] => text.match(new RegExp(`.{1,${size}}`, 'g')) ?? []

/** And once more, by somebody else: of 68, 22 were let through. Those of them that are worth it. */
const later: readonly Case[] = [
  ['parts of a path', { url: new URL(`https://api.test/${pieces(gh, 8).join('/')}`), headers: {}, body: undefined }],
  ['a dash every four letters', body(pieces(gh, 4).join('-'), 'text/plain')],
  ['pieces between tags', body(pieces(gh, 6).join('</b><b>'), 'text/html')],
  ['pieces between comments', body(pieces(gh, 6).join('<!-- -->'), 'text/html')],
  ['pieces of CDATA', body(`<![CDATA[${pieces(gh, 7).join(']]><![CDATA[')}]]>`, 'application/xml')],
  ['quoted-printable that does not say so', body([...gh].map((c) => `=${hexOf(c)}`).join(''), 'text/plain')],
  ['lines broken off', body(pieces(gh, 8).join('=\r\n'), 'message/rfc822')],
  ['an event a letter', body([...gh].map((t) => JSON.stringify({ t })).join('\n'), 'application/x-ndjson')],
  ['tag characters', body([...gh].map((c) => String.fromCodePoint(0xe0000 + c.charCodeAt(0))).join(''), 'text/plain')],
  ['accents', body([...gh].join('\u0301'), 'text/plain')],
  ['mathematical letters', body(gh.replace(/[a-z]/g, (c) => String.fromCodePoint(0x1d3b9 + c.charCodeAt(0))))],
]

const utf32 = (text: string, order: 'LE' | 'BE'): Buffer => {
  const bytes = Buffer.alloc(text.length * 4)
  for (let at = 0; at < text.length; at++) bytes[`writeUInt32${order}`](text.charCodeAt(at), at * 4)
  return bytes
}
const backwards = (text: string): string => [...text].reverse().join('')
const members = (parts: readonly string[]): string =>
  JSON.stringify(Object.fromEntries(parts.map((part, at) => [`p${at}`, part])))

/** Encoded first and then hidden once more. */
const twice: readonly Case[] = [
  ['base64 in members', body(members(pieces(base64(`my token is ${gh}.`), 12)))],
  ['base64 in members, cut anywhere', body(members(pieces(base64(gh), 7)))],
  ['base64 in a few long members', body(members(pieces(base64(`${'notes and more notes. '.repeat(30)}${gh}`), 300)))],
  ['base64 in a list', body(JSON.stringify({ parts: pieces(base64(gh), 9) }))],
  [
    'base64url in a list of members',
    body(JSON.stringify(pieces(Buffer.from(cst).toString('base64url'), 10).map((v) => ({ v })))),
  ],
  ['base64 with spaces', body(pieces(base64(gh), 5).join(' '), 'text/plain')],
  ['backwards', body(JSON.stringify({ note: backwards(cst) }))],
  ['base64, backwards', body(JSON.stringify({ note: backwards(base64(`token ${gh}`)) }))],
  ['base64 of it backwards', body(JSON.stringify({ note: base64(backwards(gh)) }))],
  ['base64, backwards, in the query', url(`https://api.test/?q=${encodeURIComponent(backwards(base64(gh)))}`)],
  ['UTF-32, little end first', body(utf32(`token=${gh}`, 'LE'), 'application/octet-stream')],
  ['UTF-32, big end first', body(utf32(`token=${gh}`, 'BE'), 'text/plain; charset=utf-32')],
  ['UTF-32 with a mark', body(utf32(`\ufeff${gh}`, 'LE'), 'text/plain; charset=utf-32')],
  ['UTF-32 in base64', body(JSON.stringify({ file: base64(utf32(`password: hunter2\n${gh}`, 'LE')) }))],
]

const harmless: readonly Case[] = [
  [
    'i18n',
    body(
      '{"login.password":"Password","login.password.placeholder":"Enter your password","token.invalid":"Invalid token"}',
    ),
  ],
  [
    'openapi',
    body(
      '{"securitySchemes":{"bearerAuth":{"type":"http","scheme":"bearer"},"apiKey":{"type":"apiKey","in":"header","name":"X-API-Key"}}}',
    ),
  ],
  [
    'ts',
    body(
      'function setPassword(password: string, opts?: Options): Promise<void> { this.password = password; const token = await this.getToken(); return api.post("/password", { password, token }) }',
      'text/plain',
    ),
  ],
  [
    'react',
    body(
      '<Input type="password" name="password" value={password} onChange={e => setPassword(e.target.value)} />',
      'text/plain',
    ),
  ],
  ['bcrypt docs', body('bcrypt.hash(password, 10) returns a string that begins with $2b$10$', 'text/plain')],
  [
    'terraform lock',
    body(
      `provider "registry/hashicorp/aws" {\n  version = "5.0"\n  hashes = [\n    "h1:${base64(draw.bytes(32))}",\n    "zh:${draw.bytes(32).toString('hex')}",\n  ]\n}`,
      'text/plain',
    ),
  ],
  [
    'composer',
    body(
      `{"content-hash":"${draw.bytes(16).toString('hex')}","dist":{"shasum":"${draw.bytes(20).toString('hex')}","reference":"${draw.bytes(20).toString('hex')}"}}`,
    ),
  ],
  ['gradle', body(`distributionSha256Sum=${draw.bytes(32).toString('hex')}`, 'text/plain')],
  [
    'pnpm',
    body(
      `  /react@18.2.0:\n    resolution: {integrity: sha512-${base64(draw.bytes(64))}}\n    engines: {node: '>=0.10.0'}`,
      'text/plain',
    ),
  ],
  ['bun deps', body(`"react": ["react@18.2.0", "", {}, "sha512-${base64(draw.bytes(64))}"],`, 'text/plain')],
  ['gh url', body(`https://github.com/org/repo/blob/${draw.bytes(20).toString('hex')}/src/a.ts#L10-L20`, 'text/plain')],
  ['s3 url', body('https://bucket.s3.amazonaws.com/path/to/2024/11/21/file-20241121T120000Z.tar.gz', 'text/plain')],
  [
    'youtube',
    body('https://www.youtube.com/watch?v=dQw4w9WgXcQ&list=PLFgquLnL59alCl_2TQvOiD5Vgm1hCaGSI', 'text/plain'),
  ],
  ['slack ids', body('{"channel":"C024BE91L","ts":"1355517523.000005","user":"U024BE7LH","team":"T024BE7LD"}')],
  ['stripe ids', body('{"id":"cus_NffrFeUfNV2Hib","object":"customer","charge":"ch_3MmlLrLkdIwHu7ix0snN0B15"}')],
  [
    'openai resp',
    body(
      `{"id":"resp_${draw.bytes(25).toString('hex')}","output":[{"id":"rs_${draw.bytes(25).toString('hex')}","encrypted_content":"gAAAAA${base64(draw.bytes(120))}"}]}`,
    ),
  ],
  ['gemini', body(`{"thoughtSignature":"${base64(draw.bytes(150))}"}`)],
  ['order json', body('{"order_id":"1234567890123456","sku":"AB-123456-XY","ean":"4006381333931"}')],
  ['epoch', body('{"ts":1732195200123,"us":1732195200123456,"ns":1732195200123456789}')],
  ['phones', body('call 555-0123 or (555) 123-4567 ext 89', 'text/plain')],
  ['uuid v7', body('{"id":"01932c07-209c-7d5a-8d5f-4e1b2c3d4e5f"}')],
  ['sql', body("UPDATE users SET password = crypt($1, gen_salt('bf')) WHERE token = $2;", 'text/plain')],
  [
    'docs secret',
    body('Store it with `kubectl create secret generic db --from-literal=password=<PASSWORD>`', 'text/plain'),
  ],
  [
    'compose',
    body(
      `environment:\n  POSTGRES_PASSWORD_FILE: /run/secrets/pg\n  MYSQL_PASSWORD: ${joined('$', '{MYSQL_PASSWORD}')}\n`,
      'text/plain',
    ),
  ],
  [
    'ansible',
    body('vault_password: "{{ vault_db_password }}"\nbecome_pass: "{{ lookup(\'env\', \'PASS\') }}"', 'text/plain'),
  ],
  [
    'nginx log',
    body(
      '10.0.0.1 - - [21/Nov/2024:04:17:01 +0000] "GET /assets/index-Bk3jD9aX.js HTTP/1.1" 200 1234 "-" "Mozilla/5.0"',
      'text/plain',
    ),
  ],
  [
    'trace',
    body(
      '    at Object.<anonymous> (/app/node_modules/.pnpm/next@15.0.3_react@19.0.0-rc-66855b96-20241106/node_modules/next/dist/server/base-server.js:1234:56)',
      'text/plain',
    ),
  ],
  ['dmesg', body('[    0.000000] BIOS-e820: [mem 0x0000000000100000-0x000000007ffdffff] usable', 'text/plain')],
  ['hexdump', body('00000000  7f 45 4c 46 02 01 01 00  00 00 00 00 00 00 00 00  |.ELF............|', 'text/plain')],
  [
    'csv',
    body(
      'id,amount,date\n100000001,12.50,2024-11-21\n100000002,13.75,2024-11-22\n100000003,9.99,2024-11-23\n',
      'text/csv',
    ),
  ],
  ['isbn', body('ISBN 978-0-306-40615-7 and ISSN 2049-3630, DOI 10.1000/182', 'text/plain')],
  [
    'woff data',
    body(
      `@font-face{src:url(data:font/woff2;base64,${base64(Buffer.concat([Buffer.from('wOF2'), draw.bytes(3000)]))})}`,
      'text/css',
    ),
  ],
  [
    'webpack',
    body(
      '(self.webpackChunk_N_E=self.webpackChunk_N_E||[]).push([[179],{7568:function(e,t,r){"use strict";r.d(t,{Z:function(){return n}});var n=r(67294).createContext(null)}}]);',
      'text/plain',
    ),
  ],
  ['css mod', body('<div class="Button_root__x7Y9z Layout_container__3kLmN css-1q2w3e4r5t">', 'text/plain')],
  [
    'git patch id',
    body(
      `From ${draw.bytes(20).toString('hex')} Mon Sep 17 00:00:00 2001\nSubject: [PATCH] x\nChange-Id: I${draw.bytes(20).toString('hex')}`,
      'text/plain',
    ),
  ],
  [
    'gpg',
    body(
      `-----BEGIN PGP SIGNATURE-----\n\n${base64(draw.bytes(200)).replace(/(.{64})/g, '$1\n')}\n=aBcD\n-----END PGP SIGNATURE-----`,
      'text/plain',
    ),
  ],
  [
    'gpg pub',
    body(
      `-----BEGIN PGP PUBLIC KEY BLOCK-----\nVersion: x-y\n\n${base64(draw.bytes(600)).replace(/(.{64})/g, '$1\n')}\n-----END PGP PUBLIC KEY BLOCK-----`,
      'text/plain',
    ),
  ],
  [
    'csr',
    body(
      `-----BEGIN CERTIFICATE REQUEST-----\n${base64(draw.bytes(600)).replace(/(.{64})/g, '$1\n')}\n-----END CERTIFICATE REQUEST-----`,
      'text/plain',
    ),
  ],
  ['cosign', body(`{"payloadType":"x","signatures":[{"sig":"${base64(draw.bytes(71))}"}]}`)],
  [
    'rekor',
    body(
      `{"logID":"${draw.bytes(32).toString('hex')}","integratedTime":1732195200,"signedEntryTimestamp":"${base64(draw.bytes(71))}"}`,
    ),
  ],
  [
    'ledger sig',
    body(`{"key_id":"${draw.bytes(8).toString('hex')}","signature":"${draw.bytes(64).toString('base64url')}"}`),
  ],
  [
    'sessions ids castellan',
    body('{"session":"ses_4kT9xQ2mWb7RzL1v","call_id":"call_9aB3xY7kQ2mN5pR8","approval_id":"apr_Zx8Kq3Lm9Wv2Tn5R"}'),
  ],
  [
    'prose',
    body(
      'Please keep the password secret. Tokens expire after 3600 seconds; secret rotation happens weekly. Authorization: required. Token: see below.',
      'text/plain',
    ),
  ],
  [
    'faq',
    body(
      'Q: What is my default password?\nA: password: admin is no longer used; set one at first login.',
      'text/plain',
    ),
  ],
  [
    'readme',
    body(
      'Set `API_KEY` in your environment:\n\n    export API_KEY="your-key"\n    export SECRET_TOKEN=xxxxxxxxxxxxxxxx\n',
      'text/plain',
    ),
  ],
]

const inspector = new Inspector(new Marks(Buffer.alloc(32, 7)), {})
const destination = { id: 'dst_test0000', host: 'api.test' } as unknown as Destination
const verdict = (outgoing: Outgoing) => inspector.inspect(outgoing, destination, new AbortController().signal)

test.each(leaks)('caught: %s', async (_name, outgoing) => {
  expect((await verdict(outgoing)).action).not.toBe('allow')
})

test.each(later)('caught later: %s', async (_name, outgoing) => {
  expect((await verdict(outgoing)).action).not.toBe('allow')
})

test.each(twice)('caught though it is hidden twice: %s', async (_name, outgoing) => {
  expect((await verdict(outgoing)).action).not.toBe('allow')
})

test.each(harmless)('let through: %s', async (_name, outgoing) => {
  expect(await verdict(outgoing)).toMatchObject({ action: 'allow' })
})
