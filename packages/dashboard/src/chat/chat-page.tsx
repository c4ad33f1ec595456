import type { createChat, deleteChat, getChat, listAgents, renameChat } from '@castellan/contracts/api'
import { useComputed, useSignal } from '@preact/signals'
import { useCallback, useEffect, useMemo, useRef } from 'preact/hooks'
import { RequestError } from '../connection/http.ts'
import { useTry } from '../forms/doing.ts'
import { useNews } from '../live/live.ts'
import { useResource } from '../live/resource.ts'
import { usePage, useSigned } from '../page.ts'
import type { PageProps } from '../shell/page-entry.ts'
import { addressOf } from '../shell/router.ts'
import { chatPage as words } from '../strings/chat.ts'
import { strings } from '../strings.ts'
import { Dialog } from '../ui/dialog.tsx'
import { Empty } from '../ui/states.tsx'
import { BrainDialog } from './brain-dialog.tsx'
import type { Chat } from './chat.ts'
import { ChatHead } from './chat-head.tsx'
import { ChatList } from './chat-list.tsx'
import type { HereCommand } from './completion.ts'
import { Composer } from './composer.tsx'
import { EmptyChat } from './empty-chat.tsx'
import { LiveRegion } from './live-region.tsx'
import { NewChat } from './new-chat.tsx'
import { RenameChat } from './rename-chat.tsx'
import { MAIN_CHAT } from './state.ts'
import { StatusLine } from './status-line.tsx'
import { titleFrom, titleOf } from './titles.ts'
import { Transcript } from './transcript.tsx'
import { useFiles } from './use-files.ts'
import type { ChatView } from './views.ts'

/** What the gateway takes for a chat's name. */
const CHAT_NAME = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/

/** The chats: the one that the address names, and the way to the others. */
export function ChatPage({ route }: PageProps) {
  const [id = MAIN_CHAT] = route.path
  const { chats } = useSigned()
  // Whoever deleted the chat that they look at begins it anew.
  const life = chats.forgotten.value
  const chat = useMemo(() => (CHAT_NAME.test(id) ? chats.show(id) : null), [chats, id, life])
  return chat === null ? (
    <Unknown id={id} />
  ) : (
    <OneChat key={`${id} ${life}`} chat={chat} wanted={route.query.open} at={placeOf(route.query.at)} />
  )
}

type Open = 'list' | 'new' | 'rename' | 'brain' | null

interface OneChatProps {
  readonly chat: Chat
  /** What the palette wants opened. */
  readonly wanted: string | undefined
  /** A place of its transcript that somebody wants to see. */
  readonly at: number | undefined
}

function OneChat({ chat, wanted, at }: OneChatProps) {
  const { api, chats, canApprove } = useSigned()
  const { router, toasts, confirmations } = usePage()
  const attempt = useTry()
  const composer = useRef<HTMLTextAreaElement>(null)
  const picker = useRef<HTMLInputElement>(null)
  const open = useSignal<Open>(null)
  const dropping = useSignal(false)
  const attach = useFiles(chat)
  useStopKey(chat)
  const view = useResource((signal) => viewOf(api, chat.id, signal), [chat])
  const agents = useResource((signal) => api.ask<typeof listAgents>('GET', '/api/v1/agents', { signal }), [chat])
  const news = chats.news.value
  useEffect(() => {
    if (news > 0) void view.reload()
  }, [news])
  useNews(
    ({ type }) => type === 'agent_config_changed',
    () => void agents.reload(),
  )
  const seen = view.state.value.kind === 'ready' ? view.state.value.value : undefined
  const listed = agents.state.value.kind === 'ready' ? agents.state.value.value.items : undefined
  const agent = listed?.find((one) => (seen === null ? one.is_default : one.name === seen?.agent))
  const title = titleOf(seen ?? { chat_id: chat.id, title: null })
  useEffect(() => {
    document.title = `${title} · ${strings.title}`
  }, [title])

  const here = chat.id === MAIN_CHAT ? {} : { path: [chat.id] }
  // The palette leads here with what it wants opened; the address forgets it at once.
  useEffect(() => {
    if (wanted !== 'new' && wanted !== 'list') return
    open.value = wanted
    router.become('chat', here)
  }, [wanted])

  const close = () => {
    open.value = null
  }
  const go = (chatId: string) => {
    close()
    chats.changed()
    router.go('chat', chatId === MAIN_CHAT ? {} : { path: [chatId] })
  }
  const begun = (fresh: ChatView) => {
    chats.begun(fresh)
    go(fresh.chat_id)
  }
  const nameIt = (message: string) => {
    const wanted = titleFrom(message)
    if (chat.id === MAIN_CHAT || wanted === null) return
    // Known here even before the gateway has said what the chat is called.
    const first = chats.takeNameless(chat.id) || (seen?.title === null && seen.last_seq === 0)
    if (!first) return
    void attempt(async () => {
      const asked = { params: { chat_id: chat.id }, body: { title: wanted } }
      view.replace(await api.ask<typeof renameChat>('PATCH', '/api/v1/chats/{chat_id}', asked))
      chats.changed()
    })
  }
  // What cannot be sent now is not lost: it waits in the input.
  const say = useCallback(
    (text: string) => {
      composer.current?.focus()
      if (!chat.say(text)) chat.draft.value = text
    },
    [chat],
  )
  const remove = async () => {
    const question = { title: words.deleteTitle(title), effects: words.deleteEffects, undo: words.deleteUndo }
    if (!(await confirmations.ask({ ...question, act: words.deleteAct, danger: true }))) return
    await attempt(async () => {
      await api.ask<typeof deleteChat>('DELETE', '/api/v1/chats/{chat_id}', { params: { chat_id: chat.id } })
      chats.forget(chat.id)
      toasts.good(words.deleted)
      go(MAIN_CHAT)
    })
  }
  const obey = (name: HereCommand, argument: string) => {
    if (name === 'chats') open.value = 'list'
    else if (name === 'model') open.value = 'brain'
    else if (name === 'attach') picker.current?.click()
    else if (name === 'new' && argument === '') open.value = 'new'
    else if (name === 'new') {
      void attempt(async () => {
        const body = { agent: argument as never }
        begun(await api.ask<typeof createChat>('POST', '/api/v1/chats', { body }))
      })
    } else if (argument === '') open.value = 'rename'
    else {
      void attempt(async () => {
        const asked = { params: { chat_id: chat.id }, body: { title: argument.slice(0, 200) } }
        view.replace(await api.ask<typeof renameChat>('PATCH', '/api/v1/chats/{chat_id}', asked))
        chats.changed()
        toasts.good(words.renamed)
      })
    }
  }

  const empty = useComputed(() => chat.loaded.value && chat.state.value.items.length === 0)
  const unknown = seen === null && empty.value && chat.id !== MAIN_CHAT
  if (unknown) return <Unknown id={chat.id} />
  const orphaned = seen != null && listed !== undefined && agent === undefined
  const begin = () => {
    open.value = 'new'
  }
  return (
    <main
      class={dropping.value ? 'chat dropping' : 'chat'}
      id="main"
      onDragOver={(event) => {
        if (event.dataTransfer?.types.includes('Files') !== true) return
        event.preventDefault()
        dropping.value = true
      }}
      onDragLeave={({ relatedTarget, currentTarget }) => {
        if (!currentTarget.contains(relatedTarget as Node | null)) dropping.value = false
      }}
      onDrop={(event) => {
        event.preventDefault()
        dropping.value = false
        void attach(event.dataTransfer?.files ?? [])
        composer.current?.focus()
      }}
    >
      <aside class="chat-side" aria-label={words.chats}>
        <ChatList current={chat.id} begin={begin} />
      </aside>
      <div class="chat-stage">
        <ChatHead
          chat={chat}
          view={seen ?? null}
          agent={agent}
          openList={() => {
            open.value = 'list'
          }}
          openBrain={() => {
            open.value = 'brain'
          }}
          rename={() => {
            open.value = 'rename'
          }}
          remove={() => void remove()}
        />
        {empty.value ? <EmptyChat say={say} /> : <Transcript chat={chat} canApprove={canApprove} say={say} at={at} />}
        <div class="dock">
          <StatusLine chat={chat} />
          {orphaned ? (
            <p class="note orphaned">{words.agentGone(seen.agent)}</p>
          ) : (
            <Composer chat={chat} input={composer} picker={picker} attach={attach} obey={obey} said={nameIt} />
          )}
        </div>
      </div>
      <p class="drop-note" aria-hidden="true">
        {words.drop}
      </p>
      <LiveRegion chat={chat} />
      {open.value === 'list' && (
        <Dialog title={words.chats} kind="drawer" close={close}>
          <ChatList current={chat.id} begin={begin} chosen={close} />
        </Dialog>
      )}
      {open.value === 'new' && <NewChat begun={begun} close={close} />}
      {open.value === 'rename' && seen != null && (
        <RenameChat
          chat={seen}
          renamed={(renamed) => {
            view.replace(renamed)
            chats.changed()
          }}
          close={close}
        />
      )}
      {open.value === 'brain' && agent !== undefined && (
        <BrainDialog
          chatId={chat.id}
          agent={agent.name}
          changed={() => {
            void agents.reload()
            void view.reload()
          }}
          close={close}
        />
      )}
    </main>
  )
}

function placeOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined
}

/** Null for a chat that is not there: the main one is not until something is said in it. */
async function viewOf(
  api: ReturnType<typeof useSigned>['api'],
  chat_id: string,
  signal: AbortSignal,
): Promise<ChatView | null> {
  try {
    return await api.ask<typeof getChat>('GET', '/api/v1/chats/{chat_id}', { params: { chat_id }, signal })
  } catch (error) {
    if (error instanceof RequestError && error.code === 'not_found') return null
    throw error
  }
}

function Unknown({ id }: { readonly id: string }) {
  return (
    <main class="frame" id="main">
      <h1 class="unseen">{words.unknown}</h1>
      <Empty title={words.unknown}>
        <p>{words.unknownLead(id)}</p>
        <a href={addressOf('chat')}>{words.toMain}</a>
      </Empty>
    </main>
  )
}

/** Escape stops the running turn from wherever the focus is, unless something nearer has used the key. */
function useStopKey(chat: Chat): void {
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.key === 'Escape' && !event.defaultPrevented) chat.abort()
    }
    addEventListener('keydown', press)
    return () => removeEventListener('keydown', press)
  }, [chat])
}
