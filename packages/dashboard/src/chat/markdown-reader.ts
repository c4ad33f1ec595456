import { type Block, readMarkdown } from './markdown.ts'

/** Blocks that are read again when more text comes: what follows can still join or change these. */
const OPEN_BLOCKS = 2

/**
 * Reads an answer that grows. Only its end is read again with each piece, so that a long answer streams as fast as a short one; a link
 * reference that is defined further down is found once the answer is read whole.
 */
export class MarkdownReader {
  #text = ''
  #blocks: readonly Block[] = []

  read(said: string, whole: boolean): readonly Block[] {
    // As the lexer does it, so that its blocks are found again in the text.
    const text = said.replaceAll(/\r\n|\r/g, '\n')
    if (text === this.#text && !whole) return this.#blocks
    const kept = whole || !text.startsWith(this.#text) ? [] : this.#blocks.slice(0, -OPEN_BLOCKS)
    const from = this.#endOf(kept)
    this.#blocks = [...(from === 0 ? [] : kept), ...readMarkdown(text.slice(from))]
    this.#text = text
    return this.#blocks
  }

  /** Where the text after these blocks begins: blank lines between blocks are part of none. */
  #endOf(blocks: readonly Block[]): number {
    let end = 0
    for (const { raw } of blocks) {
      const begin = this.#text.indexOf(raw, end)
      if (begin === -1 || this.#text.slice(end, begin).trim() !== '') return 0
      end = begin + raw.length
    }
    return end
  }
}
