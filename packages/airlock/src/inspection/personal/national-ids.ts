import type { Report } from '../finding.ts'
import { isDay, luhn, mod11x10, remainder, verhoeff, weighted } from './digits.ts'

/** One country's number for a person: its form, its check, and words that have to stand near where chance alone satisfies the check. */
interface NationalId {
  readonly kind: string
  readonly form: RegExp
  readonly check: (digits: string) => boolean
  readonly near?: RegExp
}

const GENERAL =
  'national.?id|personal.?(?:id|number|no)|identity.?(?:no|number|card)|\\bid.?(?:no|number|card)|tax.?(?:id|no|number|payer)|citizen'
const near = (words: string): RegExp => new RegExp(`${GENERAL}|${words}`, 'i')
const tail = (text: string): number => Number(text.at(-1))
const two = (text: string, at: number): number => Number(text.slice(at, at + 2))

/**
 * The checks are those of the authorities that issue the numbers. Where more than about one in a hundred numbers of that form would
 * pass, words near it have to say what it is: order numbers have the same forms.
 */
const IDS: readonly NationalId[] = [
  {
    kind: 'us_ssn',
    form: /(?!000|666|9)\d{3}[- ]?(?!00)\d\d[- ]?(?!0000)\d{4}/,
    check: () => true,
    near: near('ssn|social.?sec|itin'),
  },
  {
    kind: 'uk_nhs',
    form: /\d{3}[ -]?\d{3}[ -]?\d{4}/,
    check: (d) => (11 - (weighted(d, [10, 9, 8, 7, 6, 5, 4, 3, 2]) % 11)) % 11 === tail(d),
    near: near('nhs'),
  },
  {
    kind: 'uk_nino',
    form: /(?!BG|GB|KN|NK|NT|TN|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\d\d ?\d\d ?\d\d ?[A-D]/,
    check: () => true,
    near: near('nino|national.?insurance|\\bni\\b'),
  },
  {
    kind: 'de_tax_id',
    form: /[1-9]\d ?\d{3} ?\d{3} ?\d{3}/,
    check: (d) => hasTaxDigits(d.slice(0, 10)) && mod11x10(d),
  },
  {
    kind: 'fr_nir',
    form: /[12] ?\d\d ?(?:0[1-9]|1[0-2]|[2-9]\d) ?(?:\d\d|2[AB]) ?\d{3} ?\d{3} ?\d\d/,
    check: (d) => 97 - remainder(d.slice(0, 13).replace('2A', '19').replace('2B', '18'), 97) === Number(d.slice(13)),
  },
  { kind: 'es_dni', form: /[XYZ]?[ -]?\d{7,8}[ -]?[A-HJ-NP-TV-Z]/, check: isDni },
  {
    kind: 'it_codice_fiscale',
    form: /[A-Z]{6}[0-9LMNP-V]{2}[ABCDEHLMPRST][0-9LMNP-V]{2}[A-Z][0-9LMNP-V]{3}[A-Z]/,
    check: isCodiceFiscale,
  },
  {
    kind: 'nl_bsn',
    form: /\d{9}/,
    check: (d) => weighted(d, [9, 8, 7, 6, 5, 4, 3, 2, -1]) % 11 === 0,
    near: near('bsn|burgerservice|sofi'),
  },
  { kind: 'be_national', form: /\d\d[.]?[0-9]\d[.]?\d\d-?\d{3}[.-]?\d\d/, check: isBelgian },
  {
    kind: 'pl_pesel',
    form: /\d{11}/,
    check: (d) =>
      isDay(two(d, 2) % 20, two(d, 4)) && (10 - (weighted(d, [1, 3, 7, 9, 1, 3, 7, 9, 1, 3]) % 10)) % 10 === tail(d),
    near: near('pesel'),
  },
  {
    kind: 'se_personnummer',
    form: /(?:(?:19|200\d|201[0-5])\d\d|\d\d)[01]\d[0-3]\d[-+]\d{4}/,
    check: (d) => isDay(two(d.slice(-10), 2), two(d.slice(-10), 4)) && luhn(d.slice(-10)),
  },
  { kind: 'fi_hetu', form: /[0-3]\d[01]\d{3}[-+A-FU-Y]\d{3}[0-9A-FHJ-NPR-Y]/, check: isHetu },
  { kind: 'no_fodselsnummer', form: /[0-7]\d[01]\d{3} ?\d{5}/, check: isNorwegian },
  {
    kind: 'ro_cnp',
    form: /[1-8]\d{12}/,
    check: (d) =>
      isDay(two(d, 3), two(d, 5)) && (weighted(d, [2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9]) % 11) % 10 === tail(d),
  },
  { kind: 'hr_oib', form: /\d{11}/, check: mod11x10, near: near('oib') },
  { kind: 'tr_kimlik', form: /[1-9]\d{10}/, check: isKimlik, near: near('t\\.?c\\.?|kimlik') },
  { kind: 'br_cpf', form: /\d{3}\.\d{3}\.\d{3}-\d\d/, check: isCpf },
  { kind: 'br_cpf', form: /\d{11}/, check: isCpf, near: near('cpf') },
  { kind: 'in_aadhaar', form: /[2-9]\d{3}[ -]\d{4}[ -]\d{4}/, check: verhoeff },
  { kind: 'in_aadhaar', form: /[2-9]\d{11}/, check: verhoeff, near: near('aadhaar|aadhar|uidai') },
  { kind: 'cn_resident_id', form: /[1-8]\d{5}(?:18|19|20)\d\d[01]\d[0-3]\d{4}[0-9Xx]/, check: isChinese },
  {
    kind: 'kr_rrn',
    form: /\d\d[01]\d[0-3]\d-[1-8]\d{6}/,
    check: (d) =>
      isDay(two(d, 2), two(d, 4)) && (11 - (weighted(d, [2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5]) % 11)) % 10 === tail(d),
  },
  { kind: 'tw_id', form: /[A-Z][1289]\d{8}/, check: isTaiwanese, near: near('taiwan|身分證') },
  { kind: 'sg_nric', form: /[STFG]\d{7}[A-Z]/, check: isNric },
  {
    kind: 'za_id',
    form: /\d\d[01]\d[0-3]\d{5}[01]\d\d/,
    check: (d) => isDay(two(d, 2), two(d, 4)) && luhn(d),
    near: near('south.?africa|\\brsa\\b'),
  },
  { kind: 'il_id', form: /\d{9}/, check: luhn, near: near('teudat|israel') },
  { kind: 'ca_sin', form: /[1-79]\d\d[- ]?\d{3}[- ]?\d{3}/, check: luhn, near: near('\\bsin\\b|social.?insurance') },
  {
    kind: 'au_tfn',
    form: /\d{3} ?\d{3} ?\d{3}/,
    check: (d) => weighted(d, [1, 4, 3, 7, 5, 8, 6, 9, 10]) % 11 === 0,
    near: near('tfn|tax.?file'),
  },
  {
    kind: 'pt_nif',
    form: /[1-3]\d{8}/,
    check: (d) => ((11 - (weighted(d, [9, 8, 7, 6, 5, 4, 3, 2]) % 11)) % 11) % 10 === tail(d),
    near: near('\\bnif\\b|contribuinte'),
  },
  { kind: 'mx_curp', form: /[A-Z][AEIOUX][A-Z]{2}\d\d[01]\d[0-3]\d[HMX][A-Z]{5}[0-9A-Z]\d/, check: isCurp },
  {
    kind: 'ch_ahv',
    form: /756[. ]?\d{4}[. ]?\d{4}[. ]?\d\d/,
    check: (d) => (10 - (weighted(d, [1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3]) % 10)) % 10 === tail(d),
  },
  {
    kind: 'at_svnr',
    form: /[1-9]\d{3} ?[0-3]\d[01]\d{3}/,
    check: (d) => weighted(d, [3, 7, 9, 0, 5, 8, 4, 2, 1, 6]) % 11 === Number(d[3]) && isDay(two(d, 6), two(d, 4)),
    near: near('svnr|sozialversicherung'),
  },
  { kind: 'dk_cpr', form: /[0-3]\d[01]\d{3}-?\d{4}/, check: (d) => isDay(two(d, 2), two(d, 0)), near: near('cpr') },
  {
    kind: 'ee_lt_personal_code',
    form: /[1-6]\d{10}/,
    check: (d) => isDay(two(d, 3), two(d, 5)) && isBaltic(d),
    near: near('isikukood|asmens'),
  },
]

const NEAR_CHARS = 60
const all = IDS.map((id) => ({
  ...id,
  form: new RegExp(`(?<![A-Za-z0-9.$_-])${id.form.source}(?![A-Za-z0-9_]|[.-]\\d)`, 'g'),
}))

/** Numbers of persons, whose check digits are right. `before` is what stands in front of the text. */
export function findNationalIds(text: string, before: string, offset: number, report: Report): void {
  for (const { kind, form, check, near: words } of all) {
    for (const match of text.matchAll(form)) {
      const digits = match[0].replace(/[ .+-]/g, '')
      if (new Set(digits).size < 3 || !check(digits)) continue
      if (words !== undefined && !words.test((before + text.slice(0, match.index)).slice(-NEAR_CHARS))) continue
      const start = offset + match.index
      report({ class: 'personal', kind, start, end: start + match[0].length })
    }
  }
}

/** Of the first ten digits exactly one occurs more than once, and not more than three times (Bundeszentralamt für Steuern). */
function hasTaxDigits(ten: string): boolean {
  const counts = [...new Set(ten)].map((digit) => ten.split(digit).length - 1)
  const more = counts.filter((count) => count > 1)
  return more.length === 1 && (more[0] as number) <= 3
}

function isDni(text: string): boolean {
  const digits = text.slice(0, -1).replace(/^[XYZ]/, (letter) => String('XYZ'.indexOf(letter)))
  return digits.length === 8 && 'TRWAGMYFPDXBNJZSQVHLCKE'[Number(digits) % 23] === text.at(-1)
}

const ODD = [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23]

function isCodiceFiscale(text: string): boolean {
  let sum = 0
  for (let at = 0; at < 15; at++) {
    const code = text.charCodeAt(at)
    const value = code < 65 ? code - 48 : code - 65
    sum += at % 2 === 0 ? (ODD[value] as number) : value
  }
  return text.charCodeAt(15) - 65 === sum % 26
}

function isBelgian(digits: string): boolean {
  const first = digits.slice(0, 9)
  const check = Number(digits.slice(9))
  const hasDay = isDay(two(digits, 2), two(digits, 4))
  return (
    digits.length === 11 && hasDay && (97 - remainder(first, 97) === check || 97 - remainder(`2${first}`, 97) === check)
  )
}

function isHetu(text: string): boolean {
  const digits = text.replace(/[^0-9A-Z]/g, '')
  const number = digits.length === 11 ? digits.slice(0, 6) + digits.slice(7, 10) : digits.slice(0, 9)
  return isDay(two(number, 2), two(number, 0)) && '0123456789ABCDEFHJKLMNPRSTUVWXY'[Number(number) % 31] === text.at(-1)
}

function isNorwegian(d: string): boolean {
  const day = two(d, 0) > 40 ? two(d, 0) - 40 : two(d, 0)
  const first = (11 - (weighted(d, [3, 7, 6, 1, 8, 9, 4, 5, 2]) % 11)) % 11
  const second = (11 - (weighted(d, [5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11)) % 11
  return isDay(two(d, 2), day) && first === Number(d[9]) && second === Number(d[10])
}

function isKimlik(d: string): boolean {
  const tenth = (7 * weighted(d, [1, 0, 1, 0, 1, 0, 1, 0, 1]) - weighted(d, [0, 1, 0, 1, 0, 1, 0, 1])) % 10
  return (tenth + 10) % 10 === Number(d[9]) && weighted(d, [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]) % 10 === Number(d[10])
}

function isCpf(d: string): boolean {
  const first = ((weighted(d, [10, 9, 8, 7, 6, 5, 4, 3, 2]) * 10) % 11) % 10
  const second = ((weighted(d, [11, 10, 9, 8, 7, 6, 5, 4, 3, 2]) * 10) % 11) % 10
  return first === Number(d[9]) && second === Number(d[10])
}

/** GB 11643: ISO 7064 MOD 11-2. */
function isChinese(text: string): boolean {
  const sum = weighted(text, [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2])
  return isDay(two(text, 10), two(text, 12)) && '10X98765432'[sum % 11] === text.at(-1)?.toUpperCase()
}

function isTaiwanese(text: string): boolean {
  const code = 10 + 'ABCDEFGHJKLMNPQRSTUVXYWZIO'.indexOf(text[0] as string)
  return (Math.floor(code / 10) + (code % 10) * 9 + weighted(text.slice(1), [8, 7, 6, 5, 4, 3, 2, 1, 1])) % 10 === 0
}

function isNric(text: string): boolean {
  const offset = text[0] === 'T' || text[0] === 'G' ? 4 : 0
  const rest = (weighted(text.slice(1), [2, 7, 6, 5, 4, 3, 2]) + offset) % 11
  return (text[0] === 'S' || text[0] === 'T' ? 'JZIHGFEDCBA' : 'XWUTRQPNMLK')[rest] === text.at(-1)
}

function isCurp(text: string): boolean {
  const letters = '0123456789ABCDEFGHIJKLMN*OPQRSTUVWXYZ'
  let sum = 0
  for (let at = 0; at < 17; at++) sum += letters.indexOf(text[at] as string) * (18 - at)
  return isDay(two(text, 6), two(text, 8)) && (10 - (sum % 10)) % 10 === tail(text)
}

function isBaltic(d: string): boolean {
  const first = weighted(d, [1, 2, 3, 4, 5, 6, 7, 8, 9, 1]) % 11
  const rest = first < 10 ? first : weighted(d, [3, 4, 5, 6, 7, 8, 9, 1, 2, 3]) % 11
  return rest % 10 === tail(d)
}
