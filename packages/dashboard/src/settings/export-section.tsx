import { exports as words } from '../strings/exports.ts'
import { Panel } from '../ui/page-frame.tsx'
import { CredentialTransfer } from './credential-transfer.tsx'
import { chatPieces, insightPieces, ledgerPieces, markdownPieces, memoryPieces } from './pieces.ts'
import { type SavedFile, useSaving } from './saving.ts'

const LINES = 'application/x-ndjson'

const FILES: Readonly<Record<keyof typeof words.files, SavedFile>> = {
  ledger: { pieces: ledgerPieces, name: 'castellan-ledger.ndjson', type: LINES },
  markdown: { pieces: markdownPieces, name: 'castellan-chats.md', type: 'text/markdown' },
  chats: { pieces: chatPieces, name: 'castellan-chats.ndjson', type: LINES },
  memory: { pieces: memoryPieces, name: 'castellan-memory.ndjson', type: LINES },
  insights: { pieces: insightPieces, name: 'castellan-insights.ndjson', type: LINES },
}

/** What can be carried away, what is in each file and what is not. */
export function ExportSection() {
  return (
    <div class="split">
      <Panel title={words.title}>
        <ul class="things">
          {Object.entries(FILES).map(([name, file]) => (
            <ExportRow key={name} words={words.files[name as keyof typeof FILES]} file={file} />
          ))}
          <li class="thing">
            <div class="thing-what">
              <p class="thing-name">{words.openApi.title}</p>
              <p class="thing-about">{words.openApi.has}</p>
            </div>
            <div class="thing-acts">
              {(['yaml', 'json'] as const).map((kind) => (
                <a key={kind} class="button" href={`/api/v1/openapi.${kind}`} download={`castellan-openapi.${kind}`}>
                  {words.openApi[kind]}
                </a>
              ))}
            </div>
          </li>
        </ul>
      </Panel>
      <CredentialTransfer />
    </div>
  )
}

interface ExportRowProps {
  readonly words: { readonly title: string; readonly has: string; readonly hasNot: string }
  readonly file: SavedFile
}

function ExportRow({ words: { title, has, hasNot }, file }: ExportRowProps) {
  const saving = useSaving()
  const count = saving.count.value
  return (
    <li class="thing">
      <div class="thing-what">
        <p class="thing-name">{title}</p>
        <p class="thing-about">{has}</p>
        <p class="thing-about">
          <strong>{words.without}</strong> {hasNot}
        </p>
      </div>
      <div class="thing-acts">
        {count === null ? (
          <button
            type="button"
            class="quiet"
            aria-label={words.saveNamed(title)}
            onClick={() => void saving.start(file)}
          >
            {words.save}
          </button>
        ) : (
          <button type="button" class="quiet" onClick={() => saving.stop()}>
            <span class="spinner" /> {words.gathering(count)}
          </button>
        )}
      </div>
    </li>
  )
}
