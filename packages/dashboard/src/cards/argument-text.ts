/** Characters that are there without being seen: controls, formats such as a change of direction, odd line ends. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu

/** An argument in full: text as it will be used, all else as JSON. What cannot be seen is spelled out, so that what is approved is what is read. */
export function argumentText(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value, undefined, 2)
  return text.replaceAll(UNSEEN, (character) => {
    if (character === '\n' || character === '\t') return character
    return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`
  })
}

/** How many lines a text has; a line break at its very end begins no further one. */
export function lineCount(text: string): number {
  return text === '' ? 0 : text.replace(/\n$/, '').split('\n').length
}
