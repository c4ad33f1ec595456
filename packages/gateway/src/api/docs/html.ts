/** Text that is HTML already. Everything else that gets into a page is escaped. */
export class Html {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

type Part = string | number | Html | readonly Part[] | null | undefined | false

/** A template whose values are escaped, unless they are HTML themselves. */
export function html(strings: TemplateStringsArray, ...parts: Part[]): Html {
  return new Html(strings.map((text, place) => text + (place < parts.length ? textOf(parts[place]) : '')).join(''))
}

function textOf(part: Part): string {
  if (part instanceof Html) return part.text
  if (Array.isArray(part)) return part.map(textOf).join('')
  if (part === null || part === undefined || part === false) return ''
  return escaped(String(part))
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

function escaped(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => ENTITIES[character] as string)
}

/** A description: paragraphs, and code between backticks. */
export function prose(text: string | undefined): Html {
  const paragraphs = (text ?? '').split(/\n{2,}/).filter((paragraph) => paragraph !== '')
  return html`${paragraphs.map((paragraph) => html`<p>${inline(paragraph)}</p>`)}`
}

/** One line with code between backticks. */
export function inline(text: string): Html {
  return html`${text.split('`').map((part, place) => (place % 2 === 1 ? html`<code>${part}</code>` : part))}`
}

/** JSON, with a link from each `$ref` to the schema it names. */
export function json(value: unknown): Html {
  const parts = JSON.stringify(value, null, 2).split(/("#\/components\/schemas\/[^"]+")/)
  const linked = parts.map((part) => {
    const name = /^"#\/components\/schemas\/([^"]+)"$/.exec(part)?.[1]
    return name === undefined ? part : html`"<a href="#schema-${name}">${name}</a>"`
  })
  return html`<pre>${linked}</pre>`
}
