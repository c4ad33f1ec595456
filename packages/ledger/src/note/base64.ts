/** Strict RFC 4648 section 4: padded, no stray characters, no unused bits. One value has one spelling, so no edit hides. */
export function decodeBase64(text: string): Buffer | null {
  const bytes = Buffer.from(text, 'base64')
  return bytes.toString('base64') === text ? bytes : null
}
