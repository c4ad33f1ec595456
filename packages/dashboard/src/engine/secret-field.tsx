import type { CredentialAuth } from '@castellan/contracts'
import { TextField } from '../forms/fields.tsx'
import { engine as words } from '../strings/engine.ts'
import { knownProvider, type PrefixVerdict } from './prefix.ts'

export interface SecretFieldProps {
  readonly provider: string
  readonly auth: CredentialAuth
  readonly verdict: PrefixVerdict
  readonly value: string
  readonly change: (value: string) => void
}

/** Where a secret is pasted. What is wrong with how it begins is said before it is sent anywhere. */
export function SecretField({ provider, auth, verdict, value, change }: SecretFieldProps) {
  const prefix = verdict.kind === 'untold' ? undefined : knownProvider(provider)?.prefix[auth]
  const plain = prefix === undefined ? words.add.secretPlain : words.add.secretNote(prefix)
  return (
    <TextField
      label={words.add.secret}
      type="password"
      plain
      value={value}
      change={change}
      maxLength={4096}
      note={verdict.kind === 'good' ? words.add.good : plain}
      problem={problemOf(provider, verdict)}
    />
  )
}

function problemOf(provider: string, verdict: PrefixVerdict): string | null {
  if (verdict.kind === 'wrong') return words.add.wrong(verdict.wanted, verdict.looksLike)
  if (verdict.kind === 'no_such_auth') return words.add.noSuchAuth(knownProvider(provider)?.title ?? provider)
  return null
}
