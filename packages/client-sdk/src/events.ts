/** One server-sent event. */
export interface ServerEvent {
  readonly id: string | undefined
  readonly event: string
  readonly data: string
}

/** Reads a stream of server-sent events (WHATWG HTML, section 9.2.6). Leaving the loop ends the request. */
export async function* readEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<ServerEvent, void, void> {
  const reader = body.pipeThrough(new TextDecoderStream() as TransformStream<Uint8Array, string>).getReader()
  let rest = ''
  try {
    for (;;) {
      const { value, done } = await reader.read()
      if (done) return
      // A CR at the end may be the first half of a CRLF.
      const text = (rest + value).replaceAll(/\r\n|\r(?!$)/g, '\n')
      const blocks = text.split('\n\n')
      rest = blocks.pop() ?? ''
      for (const block of blocks) {
        const event = readBlock(block)
        if (event !== undefined) yield event
      }
    }
  } finally {
    await reader.cancel().catch(() => undefined)
  }
}

function readBlock(block: string): ServerEvent | undefined {
  const event: { id: string | undefined; event: string; data: string[] } = { id: undefined, event: 'message', data: [] }
  for (const line of block.split('\n')) {
    const [, field, value = ''] = /^(\w+)(?:: ?(.*))?$/.exec(line) ?? []
    if (field === 'data') event.data.push(value)
    else if (field === 'id' || field === 'event') event[field] = value
  }
  return event.data.length === 0 ? undefined : { ...event, data: event.data.join('\n') }
}
