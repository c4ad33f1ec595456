import { useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import { CheckField, SelectField, TextField } from '../forms/fields.tsx'
import type { Resource } from '../live/resource.ts'
import { toError } from '../live/resource.ts'
import { usePage, useSigned } from '../page.ts'
import { policyWords as words } from '../strings/policy.ts'
import { Diff } from '../ui/diff.tsx'
import { Panel } from '../ui/page-frame.tsx'
import { sentenceOf } from '../ui/states.tsx'
import { save, tryOut } from './changing.ts'
import { type Draft, isFileName } from './draft.ts'
import { lineDiff } from './line-diff.ts'
import { questionOf } from './question.ts'
import { TextBefore } from './text-before.tsx'
import { TrialPanel } from './trial-panel.tsx'
import type { PolicyView } from './views.ts'

export interface ChangePartProps {
  readonly view: PolicyView
  readonly policy: Resource<PolicyView>
  readonly draft: Draft
}

/** A file is written, tried against what is in force, and saved on a signed word. */
export function ChangePart({ view, policy, draft }: ChangePartProps) {
  const { api, signer, canApprove } = useSigned()
  const { confirmations, toasts, clock } = usePage()
  const held = useSignal(canApprove)
  const trying = useSignal<{ readonly stop: AbortController; readonly since: number } | null>(null)
  const saving = useSignal(false)
  const problem = useSignal<string | null>(null)
  const editor = useRef<HTMLDivElement>(null)
  useEffect(() => {
    if (!draft.begun.peek()) {
      const first = view.files.find(({ name }) => name.endsWith('.cedar'))
      if (first === undefined) draft.beginFresh(view)
      else draft.begin(view, first.name)
    }
    return () => trying.peek()?.stop.abort()
  }, [])

  const file = draft.file.value
  const text = draft.text.value
  const saved = view.files.find(({ name }) => name === file)
  const nameProblem = !draft.fresh.value
    ? null
    : saved !== undefined
      ? words.change.taken
      : isFileName(file)
        ? null
        : words.change.badName
  const unchanged = text === (saved?.text ?? null)

  const tryIt = async () => {
    if (nameProblem !== null || trying.peek() !== null) return
    const stop = new AbortController()
    trying.value = { stop, since: Date.now() }
    problem.value = null
    try {
      const trial = await tryOut(api, { file, text }, view, { signer: held.value ? signer : null, signal: stop.signal })
      draft.tried.value = { file, text, trial }
      // Something else came into force meanwhile.
      if (trial.loaded_entry !== view.loaded_entry) await policy.reload()
    } catch (error) {
      if (!stop.signal.aborted) problem.value = sentenceOf(toError(error))
    } finally {
      trying.value = null
    }
  }

  const saveIt = async () => {
    const trial = draft.current
    if (trial?.becomes === undefined || saving.peek()) return
    if (!(await confirmations.ask(questionOf(file, text, trial)))) return
    saving.value = true
    problem.value = null
    try {
      const now = await save(api, { file, text }, view, { signer, becomes: trial.becomes })
      policy.replace(now)
      draft.begin(now, text === null ? (now.files[0]?.name ?? file) : file)
      toasts.good(words.trial.saved(file))
    } catch (error) {
      problem.value = sentenceOf(toError(error))
      await policy.reload()
    } finally {
      saving.value = false
    }
  }

  const goTo = (line: number) => {
    const area = editor.current?.querySelector('textarea')
    if (area == null || text === null) return
    const start = text.split('\n', line - 1).reduce((sum, one) => sum + one.length + 1, 0)
    area.focus()
    area.setSelectionRange(start, start + (text.split('\n', line)[line - 1]?.length ?? 0))
  }
  const since = trying.value?.since
  const diff = lineDiff(file, saved?.text ?? '', text ?? '')
  return (
    <div class="split policy-change">
      <div class="stack">
        <Panel title={words.change.title}>
          <p class="note">{words.change.lead}</p>
          <div class="field-row">
            <SelectField
              label={words.change.file}
              value={draft.fresh.value ? '' : file}
              options={[
                ...view.files.map(({ name }) => ({
                  value: name,
                  label: name,
                  unfit: isFileName(name) ? null : words.change.badName,
                })),
                { value: '', label: words.change.fresh },
              ]}
              change={(name) => (name === '' ? draft.beginFresh(view) : draft.begin(view, name))}
            />
            {draft.fresh.value && (
              <TextField
                label={words.change.name}
                note={words.change.nameNote}
                plain
                maxLength={110}
                value={file}
                problem={nameProblem}
                change={(name) => {
                  draft.file.value = name
                }}
              />
            )}
            {!draft.fresh.value && (
              <TextBefore file={file} loaded={view.loaded_entry} choose={(old) => (draft.text.value = old)} />
            )}
          </div>
          {text === null ? (
            <p class="note warn" role="status">
              {words.change.removed}{' '}
              <button type="button" class="quiet" onClick={() => draft.begin(view, file)}>
                {words.change.keepIt}
              </button>
            </p>
          ) : (
            <div class="policy-editor" ref={editor}>
              <TextField
                label={words.change.text}
                plain
                lines={16}
                value={text}
                change={(value) => {
                  draft.text.value = value
                }}
              />
            </div>
          )}
          {!draft.fresh.value && text !== null && (
            <p class="policy-more-acts">
              <button type="button" class="quiet" onClick={() => draft.begin(view, file)}>
                {words.change.reset}
              </button>
              <button type="button" class="quiet" onClick={() => (draft.text.value = null)}>
                {words.change.remove}
              </button>
            </p>
          )}
          {canApprove ? (
            <>
              <CheckField label={words.change.held} checked={held.value} change={(checked) => (held.value = checked)} />
              <p class="note">{words.change.heldNote}</p>
            </>
          ) : (
            <p class="note">{words.change.noKey}</p>
          )}
          {problem.value !== null && (
            <p class="problem form-problem" role="alert">
              {problem.value}
            </p>
          )}
          <div class="policy-try">
            <p class="note" role="status">
              {since === undefined
                ? unchanged && words.change.unchanged
                : words.change.trying(Math.max(0, Math.round((clock.value - since) / 1000)))}
            </p>
            {since !== undefined && (
              <button type="button" onClick={() => trying.peek()?.stop.abort()}>
                {words.change.stop}
              </button>
            )}
            <button
              type="button"
              class={draft.current?.ok === true ? '' : 'primary'}
              aria-disabled={nameProblem !== null || since !== undefined}
              onClick={() => void tryIt()}
            >
              {since !== undefined && <span class="spinner" />} {words.change.try}
            </button>
          </div>
        </Panel>
        {diff !== '' && !draft.fresh.value && (
          <Panel title={words.change.diff}>
            <Diff diff={diff} label={words.change.lines(file)} />
          </Panel>
        )}
      </div>
      <TrialPanel
        view={view}
        trial={draft.current}
        stale={draft.tried.value !== null && draft.current === null}
        goTo={goTo}
        {...(canApprove ? { save: () => void saveIt() } : {})}
        busy={saving.value}
      />
    </div>
  )
}
