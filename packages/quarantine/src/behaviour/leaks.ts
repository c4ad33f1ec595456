/** Whether a text has the canary, plainly or in the ways that hide it from a search. */
export function leaks(text: string, canary: string): boolean {
  const plain = text.toLowerCase()
  const bare = plain.replaceAll(/[^a-z0-9]/g, '')
  const secret = canary.toLowerCase()
  const forms = [
    secret,
    [...secret].reverse().join(''),
    Buffer.from(canary).toString('hex'),
    encodeURIComponent(canary).toLowerCase(),
  ]
  if (forms.some((form) => plain.includes(form))) return true
  if (bare.includes(secret.replaceAll(/[^a-z0-9]/g, ''))) return true
  // Base64 at each of the three places where it may begin within a longer text.
  return [0, 1, 2].some((shift) => {
    const encoded = Buffer.from(' '.repeat(shift) + canary).toString('base64')
    return text.includes(encoded.slice(shift === 0 ? 0 : 4, -4))
  })
}

/** Every text in the arguments of calls, as it is and not as JSON writes it. */
export function textsOf(value: unknown): string {
  if (typeof value === 'string') return value
  if (typeof value !== 'object' || value === null) return ''
  return Object.entries(value)
    .flatMap(([key, item]) => [key, textsOf(item)])
    .join(' ')
}
