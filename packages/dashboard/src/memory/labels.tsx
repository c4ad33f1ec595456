import { memory as words } from '../strings/memory.ts'
import type { Fact } from './facts.ts'

const TONES: Readonly<Record<string, string>> = { 'untrusted-text': 'warn', secret: 'bad' }

/** What is to be known before a fact is believed. */
export function Labels({ labels }: Pick<Fact, 'labels'>) {
  return (
    <>
      {labels.map((label) => (
        <span key={label} class={`pill ${TONES[label] ?? 'warn'}`} title={words.labelAbout[label] ?? ''}>
          {words.labels[label] ?? label}
        </span>
      ))}
    </>
  )
}
