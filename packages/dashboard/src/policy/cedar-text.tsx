import { argumentText } from '../cards/argument-text.ts'
import { ScrollRegion } from '../theme/scroll-region.tsx'
import { tokensOf } from './tokens.ts'

/** Rules as they stand in their file, lightly coloured. What cannot be seen is spelled out. */
export function CedarText({ text, label }: { readonly text: string; readonly label: string }) {
  return (
    <ScrollRegion class="cedar" label={label}>
      <pre>
        {tokensOf(text).map(({ kind, text: piece, at }) => {
          const shown = argumentText(piece)
          return kind === 'space' || kind === 'name' || kind === 'sign' ? (
            shown
          ) : (
            <span key={at} class={`cedar-${kind}`}>
              {shown}
            </span>
          )
        })}
      </pre>
    </ScrollRegion>
  )
}
