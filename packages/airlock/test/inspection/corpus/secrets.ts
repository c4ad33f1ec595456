import { BASE62, BASE64URL, DIGITS, type Draw, HEX, UPPER32 } from './draw.ts'

export interface Planted {
  readonly what: string
  readonly text: string
}

/** Joined here, so that nobody who scans this repository takes a form for a key. */
const join = (...parts: readonly string[]): string => parts.join('')

/** Credentials of every form, all made up. */
export function credentials(draw: Draw): Planted[] {
  const pem = (label: string, bytes: number): string => {
    const body = draw
      .bytes(bytes)
      .toString('base64')
      .replace(/(.{64})/g, '$1\n')
    return `-----BEGIN ${label}-----\n${body}\n-----END ${label}-----\n`
  }
  const jwt = [
    { alg: 'RS256', typ: 'JWT' },
    { sub: draw.of(DIGITS, 8), exp: 1_900_000_000 },
  ]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.')
  return [
    ['anthropic', join('sk-', 'ant-api03-', draw.of(BASE64URL, 92), 'AA')],
    ['anthropic oauth', join('sk-', 'ant-oat01-', draw.of(BASE64URL, 86))],
    ['openai project', join('sk-', 'proj-', draw.of(BASE64URL, 60), 'T3BlbkFJ', draw.of(BASE64URL, 60))],
    ['openai', join('sk-', draw.of(BASE62, 20), 'T3BlbkFJ', draw.of(BASE62, 20))],
    ['openrouter', join('sk-', 'or-v1-', draw.of(HEX, 64))],
    ['aws id', join('AK', 'IA', draw.of(UPPER32, 16))],
    ['aws temporary id', join('AS', 'IA', draw.of(UPPER32, 16))],
    ['aws secret', `aws_secret_access_key = ${draw.of(`${BASE62}+/`, 40)}`],
    ['github', join('gh', 'p_', draw.of(BASE62, 36))],
    ['github server', join('gh', 's_', draw.of(BASE62, 36))],
    ['github fine-grained', join('github', '_pat_', draw.of(BASE62, 22), '_', draw.of(BASE62, 59))],
    ['gitlab', join('gl', 'pat-', draw.of(BASE64URL, 20))],
    ['slack bot', join('xo', 'xb-', draw.of(DIGITS, 12), '-', draw.of(DIGITS, 12), '-', draw.of(BASE62, 24))],
    [
      'slack hook',
      join(
        'https://hooks.',
        'slack.com/services/T',
        draw.of(UPPER32, 8),
        '/B',
        draw.of(UPPER32, 8),
        '/',
        draw.of(BASE62, 24),
      ),
    ],
    ['stripe', join('sk', '_live_', draw.of(BASE62, 24))],
    ['stripe restricted', join('rk', '_live_', draw.of(BASE62, 32))],
    ['google', join('AI', 'za', draw.of(BASE64URL, 35))],
    ['google oauth', join('GOC', 'SPX-', draw.of(BASE64URL, 28))],
    ['twilio', join('S', 'K', draw.of(HEX, 32))],
    ['sendgrid', join('S', 'G.', draw.of(BASE64URL, 22), '.', draw.of(BASE64URL, 43))],
    ['npm', join('np', 'm_', draw.of(BASE62, 36))],
    ['pypi', join('py', 'pi-AgEIcHlwaS5vcmc', draw.of(BASE64URL, 70))],
    ['hugging face', join('h', 'f_', draw.of(BASE62, 34))],
    ['telegram', join(draw.of('123456789', 10), ':AA', draw.of(BASE64URL, 33))],
    ['castellan', join('cst', '_', draw.of(BASE64URL, 43))],
    ['age', join('AGE-', 'SECRET-KEY-1', draw.of('QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L', 58))],
    ['wireguard', `PrivateKey = ${draw.bytes(32).toString('base64')}`],
    ['rsa key', pem(join('RSA PRIV', 'ATE KEY'), 600)],
    ['openssh key', pem(join('OPENSSH PRIV', 'ATE KEY'), 300)],
    ['pkcs8 key', pem(join('PRIV', 'ATE KEY'), 140)],
    ['jwt', join(jwt, '.', draw.of(BASE64URL, 86))],
    ['database address', `postgres://app:${draw.of(BASE62, 16)}@db.internal:5432/app`],
    ['password in json', JSON.stringify({ user: 'root', password: `${draw.of(BASE62, 10)}!` })],
    ['password in yaml', `db:\n  host: db1\n  password: ${draw.of(BASE62, 14)}\n`],
    ['password in env', `DB_PASSWORD=${draw.of(BASE62, 12)}\n`],
    ['password hash', join('$', '6$', draw.of(BASE62, 16), '$', draw.of(`${BASE62}./`, 86))],
    ['secret in code', `const clientSecret = "${draw.of(BASE62, 32)}"`],
    ['session cookie', `"session_id": "${draw.of(BASE62, 40)}"`],
    ['bare random 40', draw.of(BASE62, 40)],
    ['bare random 32 of bytes', draw.bytes(32).toString('base64')],
  ].map(([what, text]) => ({ what: what as string, text: text as string }))
}

/** Numbers of made-up people and accounts; the digits that check are right. */
export function personal(): Planted[] {
  return [
    ['visa', '4111 1111 1111 1111'],
    ['visa plain', '4012888888881881'],
    ['mastercard', '5555-5555-5555-4444'],
    ['amex', '3782 822463 10005'],
    ['discover', '6011000990139424'],
    ['iban de', 'DE89 3704 0044 0532 0130 00'],
    ['iban gb', 'GB82WEST12345698765432'],
    ['iban fr', 'FR14 2004 1010 0505 0001 3M02 606'],
    ['iban no', 'NO9386011117947'],
    ['de tax id', 'Steuer-ID 86095742719'],
    ['fr nir', '2 55 08 14 168 025 38'],
    ['es dni', 'DNI 12345678Z'],
    ['it codice fiscale', 'RSSMRA85T10A562S'],
    ['nl bsn', 'BSN: 111222333'],
    ['be national', '85.07.30-033.28'],
    ['pl pesel', 'PESEL 44051401359'],
    ['se personnummer', '811228-9874'],
    ['fi hetu', '131052-308T'],
    ['br cpf', '529.982.247-25'],
    ['in aadhaar', '2341 2341 2346'],
    ['cn resident id', '11010519491231002X'],
    ['ch ahv', '756.9217.0769.85'],
    ['us ssn', 'SSN: 536-22-1145'],
    ['uk nhs', 'NHS number 943 476 5919'],
    ['sg nric', 'S1234567D'],
    ['mx curp', 'HEGG560427MVZRRL04'],
  ].map(([what, text]) => ({ what: what as string, text: text as string }))
}
