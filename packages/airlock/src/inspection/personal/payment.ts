import type { Report } from '../finding.ts'
import { luhn, remainder } from './digits.ts'

/** As they are written: in one, or in groups of four, or as American Express does, all with the same separator. */
const CARD =
  /(?<![\w.$-])(?:\d{14,16}|62\d{14,17}|\d{4}([ .+-])\d{4}\1\d{4}\1\d{4}|\d{4}([ .+-])\d{6}\2\d{4,5})(?![\w-]|\.\d)/g

/** First digits and lengths of the schemes that issue cards (ISO/IEC 7812; the schemes' own tables). */
const SCHEMES: readonly RegExp[] = [
  /^4\d{15}$/,
  /^(?:5[1-5]\d{14}|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12})$/,
  /^3[47]\d{13}$/,
  /^3(?:0[0-5]|[68]\d)\d{11}$/,
  /^6(?:011|5\d\d|4[4-9]\d)\d{12}$/,
  /^35(?:2[89]|[3-8]\d)\d{12}$/,
  /^62\d{14,17}$/,
  /^(?:50|5[6-8]|63|67)\d{14}$/,
]

/** Lengths of IBANs (SWIFT, IBAN registry). */
const IBAN_LENGTHS: Readonly<Record<string, number>> = {
  AD: 24,
  AE: 23,
  AL: 28,
  AT: 20,
  AZ: 28,
  BA: 20,
  BE: 16,
  BG: 22,
  BH: 22,
  BR: 29,
  BY: 28,
  CH: 21,
  CR: 22,
  CY: 28,
  CZ: 24,
  DE: 22,
  DK: 18,
  DO: 28,
  EE: 20,
  EG: 29,
  ES: 24,
  FI: 18,
  FO: 18,
  FR: 27,
  GB: 22,
  GE: 22,
  GI: 23,
  GL: 18,
  GR: 27,
  GT: 28,
  HR: 21,
  HU: 28,
  IE: 22,
  IL: 23,
  IQ: 23,
  IS: 26,
  IT: 27,
  JO: 30,
  KW: 30,
  KZ: 20,
  LB: 28,
  LC: 32,
  LI: 21,
  LT: 20,
  LU: 20,
  LV: 21,
  LY: 25,
  MC: 27,
  MD: 24,
  ME: 22,
  MK: 19,
  MR: 27,
  MT: 31,
  MU: 30,
  NL: 18,
  NO: 15,
  PK: 24,
  PL: 28,
  PS: 29,
  PT: 25,
  QA: 29,
  RO: 24,
  RS: 22,
  SA: 24,
  SC: 31,
  SE: 24,
  SI: 19,
  SK: 24,
  SM: 27,
  ST: 25,
  SV: 28,
  TL: 23,
  TN: 24,
  TR: 26,
  UA: 29,
  VA: 22,
  VG: 24,
  XK: 20,
}
const IBAN = /(?<![A-Za-z0-9])([A-Za-z]{2})\d{2}(?:[ +-]?[A-Za-z0-9]{1,4}){3,9}(?![A-Za-z0-9])/g

/** Payment cards (Luhn, and a scheme that issues them) and bank accounts (IBAN, mod 97: ISO 13616). */
export function findPayment(text: string, offset: number, report: Report): void {
  for (const match of text.matchAll(CARD)) {
    const digits = match[0].replace(/\D/g, '')
    if (!SCHEMES.some((scheme) => scheme.test(digits)) || !luhn(digits) || new Set(digits).size < 2) continue
    const start = offset + match.index
    report({ class: 'personal', kind: 'payment_card', start, end: start + match[0].length })
  }
  for (const match of text.matchAll(IBAN)) {
    const length = IBAN_LENGTHS[(match[1] ?? '').toUpperCase()]
    if (length === undefined) continue
    const end = lengthOf(match[0], length)
    if (end === undefined || !isIban(match[0].slice(0, end).replace(/[ +-]/g, '').toUpperCase())) continue
    const start = offset + match.index
    report({ class: 'personal', kind: 'iban', start, end: start + end })
  }
}

/** How much of the text holds so many letters and digits; words may follow the number. */
function lengthOf(text: string, wanted: number): number | undefined {
  let count = 0
  for (let at = 0; at < text.length; at++) {
    if (/[A-Za-z0-9]/.test(text[at] as string)) count += 1
    if (count === wanted) return /[A-Za-z0-9]/.test(text[at + 1] ?? ' ') ? undefined : at + 1
  }
  return undefined
}

function isIban(text: string): boolean {
  const turned = text.slice(4) + text.slice(0, 4)
  const digits = turned.replace(/[A-Z]/g, (letter) => String(letter.charCodeAt(0) - 55))
  return remainder(digits, 97) === 1
}
