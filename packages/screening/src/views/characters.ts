/** Letters of other scripts that look like a Latin one; the common core of Unicode's confusables (UTS 39). */
const lookAlikes: Readonly<Record<string, string>> = {
  а: 'a',
  в: 'b',
  е: 'e',
  ё: 'e',
  з: '3',
  і: 'i',
  ї: 'i',
  ј: 'j',
  к: 'k',
  м: 'm',
  н: 'h',
  о: 'o',
  р: 'p',
  с: 'c',
  т: 't',
  у: 'y',
  х: 'x',
  ѕ: 's',
  ԁ: 'd',
  ԛ: 'q',
  ԝ: 'w',
  ь: 'b',
  ӏ: 'l',
  һ: 'h',
  г: 'r',
  п: 'n',
  и: 'u',
  α: 'a',
  β: 'b',
  ε: 'e',
  η: 'n',
  ι: 'i',
  κ: 'k',
  ν: 'v',
  ο: 'o',
  ρ: 'p',
  τ: 't',
  υ: 'u',
  χ: 'x',
  ω: 'w',
  γ: 'y',
  σ: 'o',
  ո: 'n',
  օ: 'o',
  ս: 'u',
  հ: 'h',
  ɑ: 'a',
  ɡ: 'g',
  ɩ: 'i',
  ı: 'i',
  ʟ: 'l',
  ɴ: 'n',
  ʀ: 'r',
  ɪ: 'i',
  ᴀ: 'a',
  ᴄ: 'c',
  ᴅ: 'd',
  ᴇ: 'e',
  ɢ: 'g',
  ʜ: 'h',
  ᴊ: 'j',
  ᴋ: 'k',
  ᴍ: 'm',
  ᴏ: 'o',
  ᴘ: 'p',
  ꜱ: 's',
  ᴛ: 't',
  ᴜ: 'u',
  ᴠ: 'v',
  ᴡ: 'w',
  ʏ: 'y',
  ᴢ: 'z',
}

/** The Latin letter that this one of another script looks like. */
export function latinLookAlike(letter: string): string | undefined {
  return Object.hasOwn(lookAlikes, letter) ? lookAlikes[letter] : undefined
}

/** Unicode tag characters, each of which is an ASCII character that nobody sees. */
export function taggedCharacter(point: number): string | undefined {
  return point >= 0xe0020 && point <= 0xe007e ? String.fromCharCode(point - 0xe0000) : undefined
}

/** Draws nothing and only steers how others are drawn, or not even that. */
export function isInvisible(point: number): boolean {
  return (
    point === 0xad ||
    point === 0x34f ||
    point === 0x61c ||
    point === 0x115f ||
    point === 0x1160 ||
    point === 0x180e ||
    (point >= 0x200b && point <= 0x200f) ||
    (point >= 0x202a && point <= 0x202e) ||
    (point >= 0x2060 && point <= 0x206f) ||
    point === 0x3164 ||
    (point >= 0xfe00 && point <= 0xfe0f) ||
    point === 0xfeff ||
    point === 0xffa0 ||
    (point >= 0xe0000 && point <= 0xe0fff)
  )
}

/** Overrides the direction of what follows, so that people read another order than programs. */
export function isDirectionOverride(point: number): boolean {
  return point === 0x202d || point === 0x202e
}

/** Accents that stand on their own; stacked, they make words unreadable for filters. */
export function isAccent(point: number): boolean {
  return (
    (point >= 0x300 && point <= 0x36f) || (point >= 0x1ab0 && point <= 0x1aff) || (point >= 0x20d0 && point <= 0x20ff)
  )
}

const punctuation: Readonly<Record<string, string>> = {
  '‘': "'",
  '’': "'",
  '‚': "'",
  '′': "'",
  ʼ: "'",
  '“': '"',
  '”': '"',
  '„': '"',
  '«': '"',
  '»': '"',
  '‐': '-',
  '‑': '-',
  '–': '-',
  '—': '-',
  '−': '-',
  '。': '.',
  '！': '!',
  '？': '?',
  '，': ',',
  '、': ',',
  '：': ':',
}

/** One character as rules read it: compatibility forms made plain, lower case, without accents where it is a letter. */
export function plain(character: string): string {
  const known = punctuation[character]
  if (known !== undefined) return known
  const folded = character.normalize('NFKC').toLowerCase()
  if (!/[\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}]/u.test(folded)) return punctuation[folded] ?? folded
  return folded.normalize('NFD').replace(/[\u0300-\u036f]/g, '')
}
