import type { AnswerOf, freezeAgents, getFreeze, thawAgents } from '@castellan/contracts/api'
import { useTry } from '../forms/doing.ts'
import type { Resource } from '../live/resource.ts'
import { usePage, useSigned } from '../page.ts'
import { emergencyStatement, signed } from '../session/statement.ts'
import { security as words } from '../strings/security.ts'
import { Panel } from '../ui/page-frame.tsx'
import { Shown } from '../ui/states.tsx'
import { When } from '../ui/when.tsx'

type FreezeState = AnswerOf<typeof getFreeze>

/** Whether agents may act, and the way to change that: signed with this browser's key, as the gateway may not decide it. */
export function EmergencyPanel({ freeze }: { readonly freeze: Resource<FreezeState> }) {
  const { api, canApprove, signer } = useSigned()
  const { confirmations, toasts } = usePage()
  const attempt = useTry()
  const stop = () =>
    attempt(async () => {
      if (!(await confirmations.ask({ ...words.freeze, danger: true }))) return
      const body = await signed(signer, { reason: '' }, emergencyStatement)
      freeze.replace(await api.ask<typeof freezeAgents>('POST', '/api/v1/freeze', { body }))
      toasts.good(words.emergency.frozenNow)
    })
  const thaw = (id: string) =>
    attempt(async () => {
      if (!(await confirmations.ask(words.thaw))) return
      const body = await signed(signer, { reason: '', freeze: id }, emergencyStatement)
      freeze.replace(await api.ask<typeof thawAgents>('POST', '/api/v1/thaw', { body }))
      toasts.good(words.emergency.thawedNow)
    })
  return (
    <Panel title={words.emergency.title}>
      <Shown resource={freeze} what={words.emergency.what}>
        {({ freeze: held }) => (
          <div class={held === null ? 'emergency' : 'emergency frozen'}>
            <div class="emergency-state" role="status">
              <p class="emergency-word">{held === null ? words.emergency.free : words.emergency.frozen}</p>
              <p class="thing-about">
                {held === null ? (
                  words.emergency.freeLead
                ) : (
                  <>
                    {words.emergency.level(held.level)}, {words.emergency.since} <When at={held.at} />.{' '}
                    {held.reason === '' ? words.emergency.noReason : held.reason}
                  </>
                )}
              </p>
            </div>
            {canApprove ? (
              <button
                type="button"
                class={held === null ? 'danger' : 'primary'}
                onClick={() => void (held === null ? stop() : thaw(held.id))}
              >
                {held === null ? words.emergency.freeze : words.emergency.thaw}
              </button>
            ) : (
              <p class="note">
                {words.emergency.noKey}{' '}
                <code>{held === null ? words.emergency.noKeyFreeze : words.emergency.noKeyThaw}</code>
              </p>
            )}
          </div>
        )}
      </Shown>
      <details class="more">
        <summary>{words.emergency.levels}</summary>
        <ul class="effects">
          {words.emergency.levelList.map((level) => (
            <li key={level}>{level}</li>
          ))}
        </ul>
        <p class="note">
          {words.emergency.terminal} <code>{words.emergency.commands}</code>
        </p>
      </details>
    </Panel>
  )
}
