/** A word whose value is known: quotes taken off. With `glob`, the shell may replace it by names of files that begin alike. */
export interface Word {
  readonly value: string
  readonly glob: boolean
}

export interface Redirect {
  readonly descriptor: number | null
  readonly operator: string
  readonly target: Word
}

export interface SimpleCommand {
  readonly words: readonly Word[]
  readonly redirects: readonly Redirect[]
}

export type Connector = '|' | '|&' | '&&' | '||' | ';'

/** A script in the language that is understood here: plain commands in a row, `connectors` between them. */
export interface LiteralScript {
  readonly commands: readonly SimpleCommand[]
  readonly connectors: readonly Connector[]
}

/** A parser. Throws `NotLiteral`. */
export type ScriptReader = (source: string) => LiteralScript

/** Something in a script is more than a literal; the message says what, as the end of "It needs approval: …". */
export class NotLiteral extends Error {}

/** Collects commands in the order they stand in; a reader of either parser fills one. */
export class ScriptBuilder {
  readonly #commands: SimpleCommand[] = []
  readonly #connectors: Connector[] = []
  #next: Connector = ';'

  /** What stands before the next command. */
  connect(connector: Connector): void {
    this.#next = connector
  }

  add(command: SimpleCommand): void {
    if (this.#commands.length > 0) this.#connectors.push(this.#next)
    this.#commands.push(command)
    this.#next = ';'
  }

  /** Adds a redirection to the last command. */
  redirect(redirect: Redirect): void {
    const last = this.#commands.pop()
    if (last === undefined) throw new NotLiteral('it redirects without a command')
    this.#commands.push({ ...last, redirects: [...last.redirects, redirect] })
  }

  build(): LiteralScript {
    return { commands: this.#commands, connectors: this.#connectors }
  }
}

/** Letters, digits and the punctuation that means nothing to a shell, and the glob characters. */
const plainUnquoted = /^[\p{L}\p{M}\p{N}_@%+=:,./^!*?[\]~#-]*$/u
const globCharacters = /[*?[\]]/

/** An unquoted piece of a word. Everything with a meaning of its own, and every backslash, is refused. */
export function unquoted(text: string, first: boolean): Word {
  if (!plainUnquoted.test(text)) throw new NotLiteral(`${JSON.stringify(text)} is more than a plain word`)
  if (first && /^[~#]/.test(text)) throw new NotLiteral(`${JSON.stringify(text)} starts with ${text[0]}`)
  if (/[=:]~/.test(text)) throw new NotLiteral('a home folder is put in for ~')
  return { value: text, glob: globCharacters.test(text) }
}

/** The inside of double quotes. A dollar sign is itself only where nothing follows that it could begin. */
export function doubleQuoted(text: string): Word {
  if (/[\\`]/.test(text)) throw new NotLiteral('there is a backslash or a backquote in double quotes')
  if (/\$[^\s"|/.,;]/.test(text)) throw new NotLiteral('something is put in for $ when it runs')
  return { value: text, glob: false }
}

export function joined(pieces: readonly Word[]): Word {
  return { value: pieces.map(({ value }) => value).join(''), glob: pieces.some(({ glob }) => glob) }
}
