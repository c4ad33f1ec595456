import type { explainPolicy, getTool } from '@castellan/contracts/api'
import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { useDoing } from '../forms/doing.ts'
import { CheckField, SelectField, TextField } from '../forms/fields.tsx'
import { type Arguments, argumentsOf, fieldsOf, objectOf, type SchemaDraft } from '../forms/schema.ts'
import { SchemaFields } from '../forms/schema-fields.tsx'
import { useResource } from '../live/resource.ts'
import { allTools } from '../live/tools.ts'
import { useSigned } from '../page.ts'
import { formWords } from '../strings/forms.ts'
import { policyWords as words } from '../strings/policy.ts'
import { Panel } from '../ui/page-frame.tsx'
import { Shown } from '../ui/states.tsx'
import { Answer } from './explanation.tsx'
import type { Explanation, PolicyView } from './views.ts'

const MODES = ['observe', 'assist', 'operate', 'sensitive'] as const
const LABELS = ['untrusted-text', 'secret'] as const
const CALLERS = ['agent', 'operator', 'routine'] as const

/** Asks policy about a call that nobody makes. `asked`: the tool that a link names. */
export function ExplainPart({ view, asked }: { readonly view: PolicyView; readonly asked: string }) {
  const { api } = useSigned()
  const doing = useDoing()
  const tools = useResource((signal) => allTools(api, signal))
  const tool = useSignal(asked)
  const caller = useSignal<(typeof CALLERS)[number]>('agent')
  const agent = useSignal('main')
  const mode = useSignal('')
  const taint = useSignal<readonly string[]>([])
  const channel = useSignal('')
  const byHand = useSignal(false)
  const json = useSignal('')
  const fields = useSignal<SchemaDraft>({})
  const answer = useSignal<Explanation | null>(null)
  const schema = useResource(
    async (signal) =>
      tool.peek() === ''
        ? []
        : fieldsOf(
            (await api.ask<typeof getTool>('GET', '/api/v1/tools/{tool}', { params: { tool: tool.peek() }, signal }))
              .inputSchema,
          ),
    [tool.value],
  )
  useEffect(() => {
    fields.value = {}
    answer.value = null
  }, [tool.value])

  const known = schema.state.value
  const written = byHand.value
    ? byHandArguments(json.value)
    : known.kind === 'ready'
      ? argumentsOf(known.value, fields.value)
      : null
  const args = tool.value !== '' && written?.kind === 'ready' ? written.args : null
  const ready = args !== null
  const unready = tool.value !== '' && written?.kind === 'unready' && !byHand.value ? written : null
  const explain = () =>
    doing.run(async () => {
      const body = {
        tool: tool.value,
        args: { ...args },
        caller: caller.value,
        taint: taint.value as ('untrusted-text' | 'secret')[],
        ...(agent.value.trim() === '' ? {} : { agent: agent.value.trim() }),
        ...(mode.value === '' ? {} : { mode: mode.value as (typeof MODES)[number] }),
        ...(channel.value.trim() === '' ? {} : { channel: channel.value.trim() }),
      }
      answer.value = await api.ask<typeof explainPolicy>('POST', '/api/v1/policy/explain', { body })
    })
  return (
    <div class="split">
      <Panel title={words.explain.title}>
        <p class="note">{words.explain.lead}</p>
        <form
          class="form policy-form"
          noValidate
          onSubmit={(event) => {
            event.preventDefault()
            if (ready) void explain()
          }}
        >
          <Shown resource={tools} what={words.explain.tools}>
            {(all) => (
              <SelectField
                label={words.explain.tool}
                value={tool.value}
                options={[
                  { value: '', label: words.explain.choose },
                  ...all.map(({ name, title }) => ({ value: name, label: words.explain.option(name, title) })),
                ]}
                change={(value) => {
                  tool.value = value
                }}
              />
            )}
          </Shown>
          {tool.value !== '' && (
            <fieldset class="policy-args">
              <legend>{words.explain.args}</legend>
              {!byHand.value && (
                <Shown resource={schema} what={formWords.reading}>
                  {(known) => (
                    <SchemaFields
                      fields={known}
                      draft={fields.value}
                      change={(draft) => {
                        fields.value = draft
                      }}
                    />
                  )}
                </Shown>
              )}
              {byHand.value && (
                <TextField
                  label={formWords.json}
                  plain
                  lines={4}
                  placeholder="{}"
                  value={json.value}
                  change={(value) => {
                    json.value = value
                  }}
                  problem={objectOf(json.value) === null ? formWords.noObject : null}
                />
              )}
              <CheckField
                label={formWords.byHand}
                checked={byHand.value}
                change={(checked) => {
                  byHand.value = checked
                }}
              />
            </fieldset>
          )}
          <fieldset class="policy-args">
            <legend>{words.explain.who}</legend>
            <div class="field-row">
              <SelectField
                label={words.explain.caller}
                value={caller.value}
                options={CALLERS.map((value) => ({ value, label: words.explain.callers[value] }))}
                change={(value) => {
                  caller.value = value as (typeof CALLERS)[number]
                }}
              />
              <TextField
                label={words.explain.agent}
                plain
                maxLength={64}
                value={agent.value}
                change={(value) => {
                  agent.value = value
                }}
              />
              <SelectField
                label={words.explain.mode}
                value={mode.value}
                options={[
                  { value: '', label: words.explain.modeAsSet },
                  ...MODES.map((value) => ({ value, label: value })),
                ]}
                change={(value) => {
                  mode.value = value
                }}
              />
              <TextField
                label={words.explain.channel}
                note={words.explain.channelNote}
                plain
                maxLength={32}
                value={channel.value}
                change={(value) => {
                  channel.value = value
                }}
              />
            </div>
            <fieldset class="policy-labels">
              <legend>{words.explain.taint}</legend>
              {LABELS.map((label) => (
                <CheckField
                  key={label}
                  label={words.explain.labels[label]}
                  checked={taint.value.includes(label)}
                  change={(checked) => {
                    taint.value = checked ? [...taint.value, label] : taint.value.filter((one) => one !== label)
                  }}
                />
              ))}
            </fieldset>
          </fieldset>
          {unready !== null && (
            <p class="note" role="status">
              {formWords.unready[unready.why](unready.field)}
            </p>
          )}
          {doing.problem.value !== null && (
            <p class="problem form-problem" role="alert">
              {doing.problem.value}
            </p>
          )}
          <div class="dialog-acts">
            <button type="submit" class="primary" aria-disabled={!ready || doing.busy.value}>
              {doing.busy.value && <span class="spinner" />} {words.explain.act}
            </button>
          </div>
        </form>
      </Panel>
      <Panel title={words.explain.answer}>
        <div aria-live="polite">
          {answer.value === null ? (
            <p class="note">{words.explain.none}</p>
          ) : (
            <Answer explanation={answer.value} view={view} />
          )}
        </div>
      </Panel>
    </div>
  )
}

function byHandArguments(json: string): Arguments {
  const args = objectOf(json)
  return args === null ? { kind: 'unready', field: formWords.json, why: 'no-json' } : { kind: 'ready', args }
}
