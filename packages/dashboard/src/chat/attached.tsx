import type { Attachment } from '@castellan/contracts'
import { bytes } from '../cards/units.ts'
import { chatPage as words } from '../strings/chat.ts'
import { Clip, Cross } from '../theme/icons.tsx'
import { ScrollRegion } from '../theme/scroll-region.tsx'

/** The files that will go out with the message that is being typed. */
export function AttachedFiles(props: {
  readonly files: readonly Attachment[]
  readonly remove: (file: Attachment) => void
}) {
  const { files, remove } = props
  return (
    <ul class="attached-files" aria-label={words.attached(files.length)}>
      {files.map((file) => (
        <li key={file.name}>
          <Clip />
          <span class="attached-name">{words.attachedFile(file.name, sizeOf(file))}</span>
          <button type="button" class="icon-button" title={words.detach(file.name)} onClick={() => remove(file)}>
            <Cross />
            <span class="unseen">{words.detach(file.name)}</span>
          </button>
        </li>
      ))}
    </ul>
  )
}

/** A file that came with a message; its text is folded away, and never markup. */
export function SaidFile({ file }: { readonly file: Attachment }) {
  return (
    <details class="said-file">
      <summary>
        <Clip /> <span class="attached-name">{words.attachedFile(file.name, sizeOf(file))}</span>
      </summary>
      <ScrollRegion class="block" label={file.name}>
        <pre>{file.text}</pre>
      </ScrollRegion>
    </details>
  )
}

function sizeOf({ text }: Attachment): string {
  return bytes(new TextEncoder().encode(text).length)
}
