import type { listChats, searchMessages } from '@castellan/contracts/api'
import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { useResource } from '../live/resource.ts'
import { useSigned } from '../page.ts'
import { addressOf } from '../shell/router.ts'
import { chatPage as words } from '../strings/chat.ts'
import { Plus, Search } from '../theme/icons.tsx'
import { Shown } from '../ui/states.tsx'
import { When } from '../ui/when.tsx'
import { MAIN_CHAT } from './state.ts'
import { titleOf } from './titles.ts'
import type { ChatView, Hit } from './views.ts'

/** Chats that are listed at first, and with each step further. */
const STEP = 50
/** How long after the last key a search begins, in milliseconds. */
const TYPING_MS = 250

export interface ChatListProps {
  readonly current: string
  readonly begin: () => void
  /** Called when one was chosen. */
  readonly chosen?: () => void
}

/** Every chat there is, the one used last first; and a search in what was said in them. */
export function ChatList({ current, begin, chosen }: ChatListProps) {
  const typed = useSignal('')
  const sought = useSignal('')
  const wanted = typed.value
  useEffect(() => {
    const timer = setTimeout(() => {
      sought.value = wanted.trim()
    }, TYPING_MS)
    return () => clearTimeout(timer)
  }, [wanted])
  return (
    <div class="chat-list">
      <div class="chat-list-head">
        {chosen === undefined && <h2>{words.chats}</h2>}
        <button type="button" class="quiet" onClick={begin}>
          <Plus /> {words.newChat}
        </button>
      </div>
      <label class="chat-search">
        <Search />
        <span class="unseen">{words.search}</span>
        <input
          type="search"
          value={wanted}
          placeholder={words.searchHint}
          autocomplete="off"
          onInput={({ currentTarget }) => {
            typed.value = currentTarget.value
          }}
        />
      </label>
      {sought.value === '' ? (
        <All current={current} chosen={chosen} />
      ) : (
        <Found sought={sought.value} chosen={chosen} />
      )}
    </div>
  )
}

function All({ current, chosen }: Pick<ChatListProps, 'current' | 'chosen'>) {
  const { api, chats } = useSigned()
  const wanted = useSignal(STEP)
  const limit = wanted.value
  const listing = useResource(
    (signal) => api.ask<typeof listChats>('GET', '/api/v1/chats', { query: { limit }, signal }),
    [limit],
  )
  const news = chats.news.value
  useEffect(() => {
    if (news > 0) void listing.reload()
  }, [news])
  return (
    <Shown resource={listing} what={words.what}>
      {({ items, next_cursor }) => (
        <nav aria-label={words.chats}>
          <ul>
            {withMain(items).map((chat) => (
              <li key={chat.chat_id}>
                <a
                  href={addressOf('chat', chat.chat_id === MAIN_CHAT ? {} : { path: [chat.chat_id] })}
                  class="chat-link"
                  aria-current={chat.chat_id === current ? 'page' : undefined}
                  onClick={chosen}
                >
                  <span class="chat-name">{titleOf(chat)}</span>
                  <span class="chat-about">
                    {chat.running && <span class="dot good" role="img" aria-label={words.running} />}
                    <span class="chat-agent">{chat.agent}</span>
                    {chat.last_seq > 0 && <When at={chat.updated_at} />}
                  </span>
                </a>
              </li>
            ))}
          </ul>
          {next_cursor !== null && (
            <button
              type="button"
              class="quiet"
              onClick={() => {
                wanted.value = limit + STEP
              }}
            >
              {words.more}
            </button>
          )}
        </nav>
      )}
    </Shown>
  )
}

/** The main chat is there before anything was said in it. */
function withMain(items: readonly ChatView[]): readonly ChatView[] {
  if (items.some(({ chat_id }) => chat_id === MAIN_CHAT)) return items
  const never = new Date(0).toISOString()
  const main = { chat_id: MAIN_CHAT, title: null, agent: '', created_at: never, updated_at: never, last_seq: 0 }
  return [{ ...main, running: false, mode: null } as ChatView, ...items]
}

function Found({ sought, chosen }: { readonly sought: string; readonly chosen: (() => void) | undefined }) {
  const { api } = useSigned()
  const hits = useResource(
    (signal) =>
      api.ask<typeof searchMessages>('GET', '/api/v1/messages', { query: { q: sought, limit: STEP }, signal }),
    [sought],
  )
  return (
    <Shown resource={hits} what={words.what}>
      {({ items }) => (
        <>
          <p class="note" role="status">
            {words.found(items.length)}
          </p>
          <ul>
            {items.map((hit) => (
              <li key={`${hit.chat_id} ${hit.seq}`}>
                <FoundLink hit={hit} chosen={chosen} />
              </li>
            ))}
          </ul>
        </>
      )}
    </Shown>
  )
}

function FoundLink({ hit, chosen }: { readonly hit: Hit; readonly chosen: (() => void) | undefined }) {
  const { chat_id, seq, role, at, excerpt } = hit
  return (
    <a
      class="chat-link"
      href={addressOf('chat', { path: chat_id === MAIN_CHAT ? [] : [chat_id], query: { at: String(seq) } })}
      onClick={chosen}
    >
      <span class="chat-name">{titleOf(hit)}</span>
      <span class="chat-excerpt">
        {words.foundBy[role]}: <Excerpt text={excerpt} />
      </span>
      <span class="chat-about">
        <When at={at} />
      </span>
    </a>
  )
}

/** The gateway puts « and » around the words that were found. */
function Excerpt({ text }: { readonly text: string }) {
  return (
    <>
      {text
        .split(/(«[^»]*»)/)
        .map((part, position) => (part.startsWith('«') ? <mark key={position}>{part.slice(1, -1)}</mark> : part))}
    </>
  )
}
