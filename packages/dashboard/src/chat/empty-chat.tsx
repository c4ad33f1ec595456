import { strings } from '../strings.ts'
import { Tower } from '../theme/icons.tsx'

export function EmptyChat({ say }: { readonly say: (text: string) => void }) {
  return (
    <div class="empty">
      <Tower size={40} />
      <h2>{strings.chat.emptyTitle}</h2>
      <p>{strings.chat.emptyLead}</p>
      <ul class="examples">
        {strings.chat.examples.map((example) => (
          <li key={example}>
            <button type="button" onClick={() => say(example)}>
              {example}
            </button>
          </li>
        ))}
      </ul>
    </div>
  )
}
