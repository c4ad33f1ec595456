import type { CallToolResult, ContentBlock } from '@modelcontextprotocol/server'

/** One red pixel. */
export const PIXEL = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg=='

/** A WAV file without samples. */
export const SILENCE = 'UklGRiYAAABXQVZFZm10IBAAAAABAAEAQB8AAAB9AAACABAAZGF0YQIAAAA='

export const image: ContentBlock = { type: 'image', data: PIXEL, mimeType: 'image/png' }

export function text(words: string): CallToolResult {
  return { content: [{ type: 'text', text: words }] }
}

export function textBlock(words: string): ContentBlock {
  return { type: 'text', text: words }
}

export function embedded(uri: string, mimeType: string, words: string): ContentBlock {
  return { type: 'resource', resource: { uri, mimeType, text: words } }
}
