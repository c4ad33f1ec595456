import type { Mark } from './mark.ts'

/** How far around a mark its company is looked at, in UTF-16 units. */
const AROUND = 320

const ABOUT =
  /\b(?:prompt[- ]injections?|injections?|injected|attack(?:s|er|ers|ing)?|adversar\w+|jailbreak(?:s|ing)?|exploit\w*|vulnerab\w+|payloads?|red[- ]team\w*|owasp|cve-\d|arxiv|researchers?|classif\w+|detect(?:s|ed|or|ors|ion|ing)?|mitigat\w+|defen[cs]es?|defend\w*|false positives?|heuristics?|regex\w*|sanitiz\w+|blocklists?|guardrail (?:tests?|evaluation)|benchmarks?|threat models?|phrases? (?:like|such as)|such as|for example|e\.g\.|strings? like|test cases?|samples?|corpus|tricks?|trying to|tries to|tricking|the model (?:may|might|could|will|then|was)|an? (?:attacker|adversary))/gi
/** A manual that sends some of its readers past a chapter, rather than a model past its owner. */
const CONDITION =
  /\b(?:if|unless|when|where) (?:you|your|the|this|it|that)\b(?![^.!?\n]*\b(?:ai|assistants?|agents?|models?|llms?|chatbots?)\b)[^.!?\n]{0,120}$/i
const QUOTES = /["'`“”‘’«»「」]/

/** What of its weight a mark keeps, 0 to 1, where its company speaks about injections rather than being one. */
export function keptWeight(text: string, mark: Mark): number {
  const before = text.slice(Math.max(0, mark.start - AROUND), mark.start)
  const after = text.slice(mark.end, mark.end + AROUND)
  const words = new Set([...`${before}\n${after}`.matchAll(ABOUT)].map(([word]) => word.toLowerCase()))
  if (mark.reason === 'override' && CONDITION.test(before)) return 0.4
  if (words.size === 0) return 1
  if (isQuoted(text, mark)) return words.size >= 2 ? 0.15 : 0.35
  return words.size >= 3 ? 0.3 : words.size === 2 ? 0.55 : 1
}

/** Whether it stands in quotes, in code, or in a line of a list of quoted things. */
function isQuoted(text: string, { start, end }: Mark): boolean {
  const lineStart = text.lastIndexOf('\n', start) + 1
  const lineEnd = text.indexOf('\n', end) === -1 ? text.length : text.indexOf('\n', end)
  const left = text.slice(Math.max(lineStart, start - 80), start + 1)
  const right = text.slice(Math.max(start, end - 1), Math.min(lineEnd, end + 120))
  return QUOTES.test(left) && QUOTES.test(right)
}
