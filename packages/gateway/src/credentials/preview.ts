/** Below this many characters the last four would tell too much. */
const MIN_CHARACTERS = 20

/** What of a secret may be shown: its last four characters, and of a short one nothing. */
export function previewOf(secret: string): string {
  return secret.length < MIN_CHARACTERS ? '' : secret.slice(-4)
}
