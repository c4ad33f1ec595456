import { askToFreeze, askToThaw } from '../emergency/ask.ts'
import type { Emergency } from '../emergency/emergency.ts'
import { usePage, useSigned } from '../page.ts'
import { security as words } from '../strings/security.ts'
import { Panel } from '../ui/page-frame.tsx'
import { Shown } from '../ui/states.tsx'
import { When } from '../ui/when.tsx'

/** Whether agents may act, and the way to change that: signed with this browser's key, as the gateway may not decide it. */
export function EmergencyPanel({ emergency }: { readonly emergency: Emergency }) {
  const { canApprove } = useSigned()
  const page = usePage()
  return (
    <Panel title={words.emergency.title}>
      <Shown resource={emergency.state} what={words.emergency.what}>
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
                onClick={() =>
                  void (held === null ? askToFreeze(page, emergency) : askToThaw(page, emergency, held.id))
                }
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
