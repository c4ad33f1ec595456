import { useSignal } from '@preact/signals'
import { useEffect, useId, useRef } from 'preact/hooks'
import { usePage, useSigned } from '../page.ts'
import { strings } from '../strings.ts'
import { Dialog } from '../ui/dialog.tsx'
import { type Act, allActs, matching } from './acts.ts'

/** Every page and every act behind a few letters. */
export function Palette({ close }: { readonly close: () => void }) {
  const page = usePage()
  const signed = useSigned()
  const typed = useSignal('')
  const chosen = useSignal(0)
  const list = useId()
  const input = useRef<HTMLInputElement>(null)
  useEffect(() => input.current?.focus(), [])
  const found = matching(allActs(page, signed), typed.value)
  const at = Math.min(chosen.value, found.length - 1)
  const run = (act: Act | undefined) => {
    if (act === undefined) return
    close()
    act.run()
  }
  const move = (by: number) => {
    chosen.value = (at + by + found.length) % Math.max(1, found.length)
  }
  return (
    <Dialog title={strings.palette.title} kind="palette" close={close}>
      <input
        ref={input}
        class="palette-input"
        role="combobox"
        aria-label={strings.palette.title}
        aria-expanded="true"
        aria-controls={list}
        aria-autocomplete="list"
        {...(found.length > 0 ? { 'aria-activedescendant': `${list}-${at}` } : {})}
        placeholder={strings.palette.placeholder}
        autocomplete="off"
        spellcheck={false}
        value={typed.value}
        onInput={({ currentTarget }) => {
          typed.value = currentTarget.value
          chosen.value = 0
        }}
        onKeyDown={(event) => {
          const step = ({ ArrowDown: 1, ArrowUp: -1 } as const)[event.key as 'ArrowDown']
          if (step !== undefined) move(step)
          else if (event.key === 'Enter') run(found[at])
          else return
          event.preventDefault()
        }}
      />
      <div class="palette-list" role="listbox" id={list} aria-label={strings.palette.title}>
        {found.map((act, position) => (
          <PaletteOption
            key={`${act.kind} ${act.title}`}
            id={`${list}-${position}`}
            act={act}
            chosen={position === at}
            run={() => run(act)}
          />
        ))}
      </div>
      {found.length === 0 && (
        <p class="note palette-none" role="status">
          {strings.palette.none}
        </p>
      )}
    </Dialog>
  )
}

function PaletteOption(props: {
  readonly id: string
  readonly act: Act
  readonly chosen: boolean
  readonly run: () => void
}) {
  const { id, act, chosen, run } = props
  const option = useRef<HTMLDivElement>(null)
  useEffect(() => {
    if (chosen) option.current?.scrollIntoView({ block: 'nearest' })
  }, [chosen])
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the keys are the input's, as in every combobox
    <div ref={option} id={id} role="option" tabIndex={-1} aria-selected={chosen} class="palette-option" onClick={run}>
      <span>{act.title}</span>
      <span class="palette-about">{act.about}</span>
      <span class="palette-kind">{strings.palette[act.kind]}</span>
    </div>
  )
}
