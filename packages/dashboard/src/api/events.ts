/**
 * The data of each event of a stream (WHATWG HTML, section 9.2.6), as JSON, as they come. The gateway ends lines with line feeds and each
 * event's data is one line. Leaving the loop ends the request.
 */
export async function* eventData(body: ReadableStream<Uint8Array>): AsyncGenerator<unknown, void, void> {
  const reader = body.getReader()
  const decoder = new TextDecoder()
  let rest = ''
  try {
    for (;;) {
      const { value, done } = await reader.read()
      if (done) return
      const lines = (rest + decoder.decode(value, { stream: true })).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) if (line.startsWith('data: ')) yield JSON.parse(line.slice('data: '.length))
    }
  } finally {
    await reader.cancel().catch(() => undefined)
  }
}
