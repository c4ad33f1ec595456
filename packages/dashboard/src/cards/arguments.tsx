import { strings } from '../strings.ts'
import { ScrollRegion } from '../theme/scroll-region.tsx'

type Args = Readonly<Record<string, unknown>>

/** The arguments on one line, cut off where the line ends. */
export function ArgumentLine({ args }: { readonly args: Args }) {
  const fields = Object.entries(args)
  if (fields.length === 0) return null
  return (
    <span class="argument-line">
      {fields.map(([name, value]) => (
        <span key={name} class="argument">
          <span class="argument-name">{name}</span>
          {asText(value).slice(0, 200)}
        </span>
      ))}
    </span>
  )
}

/** Every argument in full. Text is shown as it will be used, with its line breaks; all else as JSON. */
export function ArgumentList({ args, name }: { readonly args: Args; readonly name: string }) {
  const fields = Object.entries(args)
  if (fields.length === 0) return <p class="note">{strings.tool.noArguments}</p>
  return (
    <ScrollRegion class="arguments" label={name}>
      <dl>
        {fields.map(([field, value]) => (
          <div key={field}>
            <dt>{field}</dt>
            <dd>
              <pre>{asText(value)}</pre>
            </dd>
          </div>
        ))}
      </dl>
    </ScrollRegion>
  )
}

/** Characters that are there without being seen are spelled out, so that what is approved is what is read. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu

function asText(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value, undefined, 2)
  return text.replaceAll(UNSEEN, (character) => {
    if (character === '\n' || character === '\t') return character
    return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`
  })
}
