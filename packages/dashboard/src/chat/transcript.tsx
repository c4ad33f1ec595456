import { useComputed, useSignal } from '@preact/signals'
import { Fragment } from 'preact'
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks'
import { ToolCard } from '../cards/tool-card.tsx'
import { useDoing } from '../forms/doing.ts'
import { memo } from '../memo.ts'
import { chatPage as words } from '../strings/chat.ts'
import { strings } from '../strings.ts'
import { ArrowDown } from '../theme/icons.tsx'
import { Answer } from './answer.tsx'
import { SaidFile } from './attached.tsx'
import type { Chat } from './chat.ts'
import { repeatsFailure } from './repeats.ts'
import { type ApprovalVerdict, type GapItem, type Item, itemAt, type ToolItem } from './state.ts'
import { undoneActs } from './undone.ts'

export interface TranscriptProps {
  readonly chat: Chat
  readonly canApprove: boolean
  readonly say: (text: string) => void
  /** A place of the transcript that somebody wants to see, such as one that a search found. */
  readonly at: number | undefined
}

/** Nearer to the end than this, in pixels, the page follows what comes in. */
const AT_END = 48

export function Transcript({ chat, canApprove, say, at }: TranscriptProps) {
  const pane = useRef<HTMLDivElement>(null)
  const following = useSignal(true)
  const sought = useSought(chat, at)
  if (sought !== undefined) following.value = false
  const undone = useComputed(() => undoneActs(chat.state.value.items))
  const { items, running } = chat.state.value

  const toEnd = () => pane.current?.scrollTo({ top: pane.current.scrollHeight })
  const decide = useRef((tool: ToolItem, verdict: ApprovalVerdict) => chat.decide(tool, verdict)).current
  const fill = useRef((gap: GapItem) => chat.fill(gap)).current
  useLayoutEffect(() => {
    if (following.value) toEnd()
  }, [items])
  useLayoutEffect(() => {
    if (sought === undefined) return
    following.value = false
    pane.current?.querySelector('.sought')?.scrollIntoView({ block: 'center' })
  }, [sought])
  useEffect(() => {
    // The pane changes its height with the window and the input; the column when what was guessed of its height is measured.
    const observer = new ResizeObserver(() => {
      if (following.value) toEnd()
    })
    if (pane.current !== null) observer.observe(pane.current)
    if (pane.current?.firstElementChild != null) observer.observe(pane.current.firstElementChild)
    return () => observer.disconnect()
  }, [])

  return (
    <div class="pane">
      <div
        class={following.value ? 'transcript following' : 'transcript'}
        ref={pane}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: WCAG 2.1.1; without the focus only a pointer could scroll it
        tabIndex={0}
        role="log"
        aria-live="off"
        aria-label={strings.chat.log}
        onScroll={({ currentTarget: { scrollHeight, scrollTop, clientHeight } }) => {
          following.value = scrollHeight - scrollTop - clientHeight < AT_END
        }}
      >
        <div class="column">
          {items.map((item, position) =>
            repeatsFailure(items[position - 1], item) ? null : (
              <Fragment key={item.id}>
                {item.id === sought && <p class="gap sought">{words.foundHere}</p>}
                <ItemView
                  item={item}
                  live={running}
                  latest={position === items.length - 1}
                  undone={item.kind === 'tool' && undone.value.has(item.outcome?.ledgerIndex ?? -1)}
                  canApprove={canApprove}
                  decide={decide}
                  say={say}
                  fill={fill}
                />
              </Fragment>
            ),
          )}
        </div>
      </div>
      {!following.value && (
        <button type="button" class="to-end" onClick={toEnd}>
          <ArrowDown /> {strings.chat.toNewest}
        </button>
      )}
    </div>
  )
}

/** The thing that stands at a place of the transcript, once that was read; undefined while nobody looks for one. */
function useSought(chat: Chat, at: number | undefined): number | undefined {
  const found = useSignal<number | undefined>(undefined)
  const loaded = chat.loaded.value
  useEffect(() => {
    found.value = undefined
    if (at === undefined || !loaded) return
    let wanted = true
    const show = () => {
      if (wanted) found.value = itemAt(chat.state.peek(), at)?.id
    }
    // What cannot be read stays a gap, which says why when it is asked for; the nearest before it is shown.
    chat.reach(at).then(show, show)
    return () => {
      wanted = false
    }
  }, [chat, at, loaded])
  return found.value
}

interface ItemViewProps {
  readonly item: Item
  readonly live: boolean
  readonly latest: boolean
  readonly undone: boolean
  readonly canApprove: boolean
  readonly decide: (tool: ToolItem, verdict: ApprovalVerdict) => Promise<void>
  readonly say: (text: string) => void
  readonly fill: (gap: GapItem) => Promise<void>
}

const ItemView = memo(({ item, live, latest, undone, canApprove, decide, say, fill }: ItemViewProps) => {
  switch (item.kind) {
    case 'asked':
      return <Asked item={item} say={say} />
    case 'answer':
      return (
        <div class={item.streaming ? 'answer streaming' : 'answer'}>
          <span class="unseen">{strings.chat.castellan}:</span>
          <Answer text={item.text} streaming={item.streaming} />
        </div>
      )
    case 'tool':
      return <ToolCard tool={item} live={live} undone={undone} canApprove={canApprove} decide={decide} say={say} />
    case 'suggestions':
      return <Suggestions item={item} usable={latest && !live} say={say} />
    case 'note':
      return <Note item={item} />
    case 'error':
      return (
        <p class="error-item" title={strings.chat.error(item.code)}>
          {item.message} <code>{item.code}</code>
        </p>
      )
    case 'gap':
      return <Gap gap={item} fill={fill} />
    case 'ended':
      return <p class="gap">{strings.chat.restarted}</p>
  }
})

type ItemOf<Kind extends Item['kind']> = Extract<Item, { kind: Kind }>

function Asked({ item, say }: { readonly item: ItemOf<'asked'>; readonly say: (text: string) => void }) {
  return (
    <div class="asked">
      <span class="unseen">{strings.chat.you}:</span>
      <p>{item.text}</p>
      {item.attachments.map((file) => (
        <SaidFile key={file.name} file={file} />
      ))}
      {item.delivery === 'lost' && (
        <span class="undelivered">
          {strings.chat.lost}{' '}
          <button type="button" class="quiet" onClick={() => say(item.text)}>
            {strings.chat.sendAgain}
          </button>
        </span>
      )}
    </div>
  )
}

/** What was not read yet, with the way to it. */
function Gap({ gap, fill }: { readonly gap: GapItem; readonly fill: (gap: GapItem) => Promise<void> }) {
  const doing = useDoing()
  return (
    <div class="gap">
      <span>
        {strings.chat.gap(gap.frames)}{' '}
        <button
          type="button"
          class="quiet"
          aria-disabled={doing.busy.value}
          onClick={() => void doing.run(() => fill(gap))}
        >
          {doing.busy.value ? strings.chat.filling : strings.chat.fillGap}
        </button>
        {doing.problem.value !== null && (
          <span class="problem" role="alert">
            {' '}
            {doing.problem.value}
          </span>
        )}
      </span>
    </div>
  )
}

function Note({ item }: { readonly item: ItemOf<'note'> }) {
  if (item.detail === null) return <p class="note">{item.text}</p>
  return (
    <details class="note">
      <summary>{item.text}</summary>
      <p class="note-detail">{item.detail}</p>
    </details>
  )
}

interface SuggestionsProps {
  readonly item: ItemOf<'suggestions'>
  /** Still the last word, so that the numbers mean these. */
  readonly usable: boolean
  readonly say: (text: string) => void
}

function Suggestions({ item, usable, say }: SuggestionsProps) {
  return (
    <div class="suggestions">
      {!item.introduced && <p>{strings.chat.suggestions}</p>}
      <ol>
        {item.suggestions.map(({ command, label }, position) => (
          <li key={command}>
            <button type="button" disabled={!usable} title={command} onClick={() => say(String(position + 1))}>
              <span class="choice" aria-hidden="true">
                {position + 1}
              </span>
              {label}
            </button>
          </li>
        ))}
      </ol>
      <p class="note">{strings.chat.suggestionsEnd}</p>
    </div>
  )
}
