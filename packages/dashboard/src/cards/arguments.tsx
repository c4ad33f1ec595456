import { strings } from '../strings.ts'
import { ScrollRegion } from '../theme/scroll-region.tsx'
import { argumentText, lineCount } from './argument-text.ts'

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
          {argumentText(value).slice(0, 200)}
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
          <Argument key={field} name={field} text={argumentText(value)} />
        ))}
      </dl>
    </ScrollRegion>
  )
}

/** Longer than this, in lines, part of it is out of sight until it is scrolled to, so its length is said. */
const LONG = 8

function Argument({ name, text }: { readonly name: string; readonly text: string }) {
  const lines = lineCount(text)
  return (
    <div>
      <dt>
        {name} {lines > LONG && <span class="lines">{strings.tool.lines(lines)}</span>}
      </dt>
      <dd>
        <pre>{text}</pre>
      </dd>
    </div>
  )
}
