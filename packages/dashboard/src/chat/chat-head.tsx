import type { getChatUsage, setChatMode } from '@castellan/contracts/api'
import { useEffect } from 'preact/hooks'
import { useTry } from '../forms/doing.ts'
import { useResource } from '../live/resource.ts'
import { useSigned } from '../page.ts'
import { chatPage as words } from '../strings/chat.ts'
import { Bin, Download, More, Pen } from '../theme/icons.tsx'
import type { Chat } from './chat.ts'
import { brainOf, titleOf } from './titles.ts'
import type { AgentView, ChatView } from './views.ts'

export interface ChatHeadProps {
  readonly chat: Chat
  /** Null for one in which nothing was said yet. */
  readonly view: ChatView | null
  /** Undefined for one that is there no more. */
  readonly agent: AgentView | undefined
  readonly openList: () => void
  readonly openBrain: () => void
  readonly rename: () => void
  readonly remove: () => void
}

/** What this chat is called, who answers, what it is held to and what it used. */
export function ChatHead({ chat, view, agent, openList, openBrain, rename, remove }: ChatHeadProps) {
  const title = titleOf(view ?? { chat_id: chat.id, title: null })
  return (
    <header class="chat-head">
      <button type="button" class="icon-button list-button" title={words.openChats} onClick={openList}>
        <More />
        <span class="unseen">{words.openChats}</span>
      </button>
      <h1 title={title}>{title}</h1>
      <div class="chat-tools">
        {view !== null && <Used chat={chat} />}
        {agent !== undefined && (
          <button type="button" class="quiet brain" title={words.brainTitle} onClick={openBrain}>
            {words.brain(agent.title ?? agent.name, brainOf(agent))}
          </button>
        )}
        {view !== null && <ModeChoice chat={chat} view={view} />}
        {view !== null && (
          <span class="chat-acts">
            <IconButton label={words.rename} act={rename} Icon={Pen} />
            <a
              class="icon-button"
              title={words.export}
              href={`/api/v1/chats/${encodeURIComponent(chat.id)}/export/markdown`}
              download={`${chat.id}.md`}
            >
              <Download />
              <span class="unseen">{words.export}</span>
            </a>
            <IconButton label={words.delete} act={remove} Icon={Bin} />
          </span>
        )}
      </div>
    </header>
  )
}

function IconButton(props: { readonly label: string; readonly act: () => void; readonly Icon: typeof Pen }) {
  const { label, act, Icon } = props
  return (
    <button type="button" class="icon-button" title={label} onClick={act}>
      <Icon />
      <span class="unseen">{label}</span>
    </button>
  )
}

const MODES = ['session', 'observe', 'assist', 'sensitive'] as const

/** Only ever narrower than what the session may: agentd holds each call to both. */
function ModeChoice({ chat, view }: { readonly chat: Chat; readonly view: ChatView }) {
  const { api } = useSigned()
  const attempt = useTry()
  const { mode = view.mode } = chat.state.value
  const hold = (wanted: string) =>
    attempt(async () => {
      const body = { mode: wanted === 'session' ? null : (wanted as 'observe') }
      await api.ask<typeof setChatMode>('PUT', '/api/v1/chats/{chat_id}/mode', { params: { chat_id: chat.id }, body })
    })
  return (
    <select
      class={mode === null ? 'mode' : 'mode held'}
      aria-label={words.mode}
      title={words.modeNote}
      value={mode ?? 'session'}
      onChange={({ currentTarget }) => void hold(currentTarget.value)}
    >
      {MODES.map((name) => (
        <option key={name} value={name}>
          {words.modes[name]}
        </option>
      ))}
    </select>
  )
}

/** Tokens and cost of all its turns; nothing while no model told any. */
function Used({ chat }: { readonly chat: Chat }) {
  const { api } = useSigned()
  const usage = useResource(
    (signal) =>
      api.ask<typeof getChatUsage>('GET', '/api/v1/chats/{chat_id}/usage', { params: { chat_id: chat.id }, signal }),
    [chat],
  )
  const { running } = chat.state.value
  useEffect(() => {
    if (!running) void usage.reload()
  }, [running])
  const state = usage.state.value
  if (state.kind !== 'ready' || state.value.turns === 0) return null
  const { turns, prompt_tokens, cached_tokens, output_tokens, cost, uncounted, unpriced } = state.value
  const tokens = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 })
  const price = cost === 0 ? words.free : `$${cost.toFixed(cost < 1 ? 4 : 2)}`
  return (
    <span
      class="used"
      title={words.usageTitle(prompt_tokens, cached_tokens, output_tokens, turns, Math.max(uncounted, unpriced))}
    >
      {words.usage(tokens.format(prompt_tokens + output_tokens), price)}
    </span>
  )
}
