import type { getLedgerHead, getLedgerProof } from '@castellan/contracts/api'
import { useSignal } from '@preact/signals'
import type { Api } from '../api/api.ts'
import { toError } from '../live/resource.ts'
import { useSigned } from '../page.ts'
import { addressOf } from '../shell/router.ts'
import { chatPage } from '../strings/chat.ts'
import { Check, Cross, Seal } from '../theme/icons.tsx'
import { sentenceOf } from '../ui/states.tsx'
import { checkProof, ProofError, type Proven } from './check-proof.ts'

const words = chatPage.proof
/** Where this browser remembers which key it saw sign first. */
const SEEN_KEY = 'castellan-ledger-key'

type Verdict =
  | { readonly kind: 'checking' }
  | { readonly kind: 'proven'; readonly proven: Proven; readonly firstKey: string | null }
  | { readonly kind: 'broken'; readonly why: string }

export interface ProofCheckProps {
  readonly index: number
  readonly callId: string
  readonly tool: string
}

/** One click: the proof of an act is fetched, checked here, and what that shows is said. */
export function ProofCheck({ index, callId, tool }: ProofCheckProps) {
  const { api } = useSigned()
  const verdict = useSignal<Verdict | null>(null)
  const now = verdict.value
  const check = async () => {
    if (verdict.peek()?.kind === 'checking') return
    verdict.value = { kind: 'checking' }
    verdict.value = await judge(api, { index, callId, tool })
  }
  return (
    <>
      <button type="button" class="quiet" aria-disabled={now?.kind === 'checking'} onClick={() => void check()}>
        <Seal /> {now === null ? words.check : now.kind === 'checking' ? words.checking : words.again}
      </button>
      <a class="quiet-link" href={addressOf('ledger', { path: [String(index)] })}>
        {words.entry} {index}
      </a>
      <div class="proof" role="status">
        {now?.kind === 'proven' && <Shown proven={now.proven} firstKey={now.firstKey} />}
        {now?.kind === 'broken' && (
          <p class="problem">
            <Cross /> {words.bad} {now.why}
          </p>
        )}
        {now !== null && now.kind !== 'checking' && (
          <a href={`/api/v1/ledger/entries/${index}/proof`} download={`entry-${index}.tlog-proof`}>
            {words.download}
          </a>
        )}
      </div>
    </>
  )
}

function Shown({ proven, firstKey }: { readonly proven: Proven; readonly firstKey: string | null }) {
  const { index, size, hashes, keyId } = proven
  return (
    <>
      <p class="proven">
        <Check /> {words.proven(index, size)}
      </p>
      <p class="note">{words.how(hashes, keyId)}</p>
      <p class="note">{words.what}</p>
      {firstKey === null && <p class="note">{words.firstSeen}</p>}
      {firstKey !== null && firstKey !== keyId && <p class="problem">{words.otherKey(firstKey)}</p>}
    </>
  )
}

async function judge(api: Api, { index, callId, tool }: ProofCheckProps): Promise<Verdict> {
  try {
    const params = { index: String(index) }
    const [proof, { vkey }] = await Promise.all([
      api.text<typeof getLedgerProof>('GET', '/api/v1/ledger/entries/{index}/proof', { params }),
      api.ask<typeof getLedgerHead>('GET', '/api/v1/ledger/head'),
    ])
    const proven = await checkProof(proof, vkey)
    const { entry } = proven
    const isOfCall = proven.index === index && entry.call_id === callId && entry.tool === tool
    if (!isOfCall) return { kind: 'broken', why: words.broken.call }
    return { kind: 'proven', proven, firstKey: remember(proven.keyId) }
  } catch (error) {
    const why = error instanceof ProofError ? words.broken[error.fault] : sentenceOf(toError(error))
    return { kind: 'broken', why }
  }
}

/** The key that signed the first proof that this browser saw; null where this is it. A browser that keeps nothing sees each for the first time. */
function remember(keyId: string): string | null {
  try {
    const known = localStorage.getItem(SEEN_KEY)
    if (known === null) localStorage.setItem(SEEN_KEY, keyId)
    return known
  } catch {
    return null
  }
}
