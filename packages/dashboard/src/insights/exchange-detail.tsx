import type { getInsight } from '@castellan/contracts/api'
import type { ComponentChildren } from 'preact'
import { argumentText } from '../cards/argument-text.ts'
import { bytes, duration } from '../cards/units.ts'
import { useResource } from '../live/resource.ts'
import { useSigned } from '../page.ts'
import { addressOf } from '../shell/router.ts'
import { insights as words } from '../strings/insights.ts'
import { Download } from '../theme/icons.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { save } from '../ui/save.ts'
import { Shown } from '../ui/states.tsx'
import { When } from '../ui/when.tsx'
import { BodyView } from './body-view.tsx'
import { Turn } from './turn.tsx'
import { dollars, fateOf, hostOf, type Insight } from './views.ts'

export interface ExchangeDetailProps {
  readonly id: number
  /** What people call the credential. */
  readonly labelOf: (credential: string) => string
  readonly close: () => void
}

/** One exchange with a model in full: what left, and what came back. */
export function ExchangeDetail({ id, labelOf, close }: ExchangeDetailProps) {
  const { api } = useSigned()
  const insight = useResource(
    (signal) => {
      const params = { insight_id: String(id) }
      return api.ask<typeof getInsight>('GET', '/api/v1/insights/{insight_id}', { params, signal })
    },
    [id],
  )
  return (
    <Dialog title={words.one.title(id)} kind="drawer wide" close={close}>
      <Shown resource={insight} what={words.one.what}>
        {(found) => <Detail insight={found} labelOf={labelOf} />}
      </Shown>
    </Dialog>
  )
}

function Detail({ insight, labelOf }: { readonly insight: Insight; readonly labelOf: (id: string) => string }) {
  const { request, response, request_line, request_headers, response_headers, status } = insight
  const { request_cut, response_cut, request_bytes, response_bytes } = insight
  const fate = fateOf(insight)
  const answered = status === null ? null : words.one.statusLine(status)
  return (
    <div class="entry-detail exchange">
      <p class="exchange-fate">
        <span class={`pill ${TONES[fate]}`}>{words.fate[fate]}</span> {words.one.fate[fate](hostOf(insight) ?? '')}
      </p>
      {insight.problem !== null && <p class="problem">{insight.problem}</p>}
      <Facts insight={insight} labelOf={labelOf} />
      <Side
        title={fate === 'held' ? words.one.kept : fate === 'here' ? words.one.asked : words.one.sent}
        size={request_bytes}
        file={`exchange-${insight.insight_id}-request.txt`}
        {...{ line: request_line, headers: request_headers, body: request, cut: request_cut }}
        noHeaders={fate === 'left' || fate === 'near' || fate === 'program' ? words.one.headersUnknown : null}
      />
      <Side
        title={words.one.came}
        size={response_bytes}
        file={`exchange-${insight.insight_id}-answer.txt`}
        {...{ line: answered, headers: response_headers, body: response, cut: response_cut }}
        noHeaders={null}
      />
    </div>
  )
}

const TONES = { left: 'warn', program: 'warn', held: 'good', here: 'good', near: 'good', unknown: 'warn' } as const

function Facts({ insight, labelOf }: { readonly insight: Insight; readonly labelOf: (id: string) => string }) {
  const { at, agent, chat_id, seq, engine, model, url, credential, duration_ms, cost, ledger_index } = insight
  const { prompt_tokens, output_tokens, taken_out, redactions } = insight
  const { fields } = words.one
  const tokens = words.tokens(prompt_tokens, output_tokens)
  return (
    <dl class="entry-fields">
      <Field name={fields.at}>
        <When at={at} />
      </Field>
      {url !== null && <Field name={fields.url}>{url}</Field>}
      <Field name={fields.model}>
        {[words.engineNames[engine], model].filter((name) => name !== null).join(' · ')}
      </Field>
      <Field name={fields.agent}>{agent}</Field>
      {chat_id !== null && (
        <Field name={fields.chat}>
          <Turn chat={chat_id} seq={seq} />
        </Field>
      )}
      <Field name={fields.credential}>{credential === null ? words.one.unpaid : labelOf(credential)}</Field>
      <Field name={fields.took}>{duration(duration_ms)}</Field>
      {tokens !== null && <Field name={fields.tokens}>{tokens}</Field>}
      {cost !== null && <Field name={fields.cost}>{dollars(cost)}</Field>}
      <Field name={fields.takenOut}>{taken_out.length === 0 ? words.one.nothing : words.one.takenOut(taken_out)}</Field>
      <Field name={fields.masked}>{redactions === 0 ? words.one.nothing : words.one.masked(redactions)}</Field>
      {ledger_index !== null && (
        <Field name={fields.ledger}>
          <a href={addressOf('ledger', { path: [String(ledger_index)] })}>{words.one.entry(ledger_index)}</a>
        </Field>
      )}
    </dl>
  )
}

function Field({ name, children }: { readonly name: string; readonly children: ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  )
}

interface SideProps {
  readonly title: string
  readonly line: string | null
  readonly headers: Insight['request_headers']
  readonly body: string
  /** Characters that were not kept. */
  readonly cut: number
  /** Bytes that were. */
  readonly size: number
  readonly file: string
  /** Why there are none; null where nobody expects any. */
  readonly noHeaders: string | null
}

function Side({ title, line, headers, body, cut, size, file, noHeaders }: SideProps) {
  const head = [...(line === null ? [] : [line]), ...headers.map(([name, value]) => `${name}: ${value}`)].join('\n')
  const whole = head === '' ? body : `${head}\n\n${body}`
  const contentType = headers.find(([name]) => name.toLowerCase() === 'content-type')?.[1] ?? ''
  return (
    <section class="exchange-side" aria-label={title}>
      <div class="exchange-head">
        <h3>
          {title} <span class="note">{bytes(size)}</span>
        </h3>
        {whole !== '' && (
          <button
            type="button"
            class="quiet"
            onClick={() => save(new Blob([whole], { type: 'text/plain;charset=utf-8' }), file)}
          >
            <Download /> {words.one.save}
          </button>
        )}
      </div>
      {head !== '' && <pre class="exchange-lines">{argumentText(head)}</pre>}
      {headers.length === 0 && noHeaders !== null && <p class="note">{noHeaders}</p>}
      <BodyView label={title} body={body} contentType={contentType} />
      {cut > 0 && <p class="note">{words.one.cut(cut)}</p>}
    </section>
  )
}
