import type { ServerFrame } from '@castellan/contracts'
import { printQuestion } from '../approval-view.ts'
import { compactJson } from '../describe.ts'
import { printable, type Terminal } from '../terminal.ts'
import { resultBlock } from './result.ts'

/** Draws the frames of a chat on a terminal: text as it streams, a line per call, a block per approval. */
export class ChatView {
  readonly #terminal: Terminal
  #midLine = false

  constructor(terminal: Terminal) {
    this.#terminal = terminal
  }

  show(frame: ServerFrame): void {
    const { paint } = this.#bind()
    switch (frame.type) {
      case 'text':
        if (frame.aside === true) this.#line(printable(frame.text))
        else this.#write(printable(frame.text))
        return
      case 'status':
        if (frame.state === 'loading' && frame.message !== undefined) this.#line(paint('dim', printable(frame.message)))
        return
      case 'asked':
        this.#line(paint('dim', `> ${printable(frame.text)}`))
        for (const { name } of frame.attachments ?? []) this.#line(paint('dim', `  with ${printable(name)}`))
        return
      case 'mode':
        this.#line(paint('dim', frame.mode === null ? '  held to its session’s mode alone' : `  held to ${frame.mode}`))
        return
      case 'tool_use':
        this.#line(paint('cyan', `→ ${frame.name} ${compactJson(frame.args)}`))
        return
      case 'tool_result': {
        const number = frame.ledger_index === null ? '' : paint('dim', `  № ${frame.ledger_index}`)
        // The answer's text follows and says what came out, of a failure too.
        this.#line(`${frame.ok ? paint('green', '✓') : paint('red', '✗')} ${frame.name}${number}`)
        if (frame.ok) this.#result(frame.result)
        if (frame.undo?.possible === true && frame.ledger_index !== null) {
          this.#line(paint('dim', `  take it back with /undo ${frame.ledger_index}`))
        }
        return
      }
      case 'recalled':
        this.#recalled(frame)
        return
      case 'approval_required':
        this.#endLine()
        printQuestion(this.#terminal, frame)
        return
      case 'approval_vote':
        this.#line(paint('dim', `  approved ${frame.given} of ${frame.needed}, by ${printable(frame.by)}`))
        return
      case 'approval_decided':
        this.#line(paint('dim', `  ${frame.state}${frame.by === undefined ? '' : ` by ${printable(frame.by)}`}`))
        return
      case 'model':
        this.#line(paint('dim', `  answered by ${printable(frame.model ?? frame.engine)} at ${printable(frame.host)}`))
        return
      case 'notice':
        this.#line(paint('dim', `  ${printable(frame.text)}`))
        return
      case 'compacted':
        this.#line(paint('dim', `  ${frame.exchanges} earlier exchanges were summarised for the model`))
        return
      case 'usage':
        this.#line(paint('dim', `  ${usageLine(frame)}`))
        return
      case 'error':
        this.#line(paint('red', `${printable(frame.message)} (${frame.code})`))
        return
      case 'backpressure_resume':
        this.#line(paint('yellow', `… ${frame.dropped_frames} frames were left out here: this terminal was too slow`))
        return
      case 'done':
        this.#endLine()
        return
      case 'reasoning':
      case 'suggestions':
      case 'backpressure_pause':
        return
    }
  }

  #recalled({ facts, left_out, problem }: Extract<ServerFrame, { type: 'recalled' }>): void {
    const { paint } = this.#bind()
    if (problem !== undefined) this.#line(paint('dim', `nothing recalled: ${printable(problem)}`))
    for (const { text, source } of facts)
      this.#line(paint('dim', `recalled: ${printable(text)} (${printable(source)})`))
    if (left_out > 0) this.#line(paint('dim', `recalled: ${left_out} more had no room`))
  }

  #result(result: unknown): void {
    const block = resultBlock(result)
    if (block?.kind === 'text') for (const line of block.lines) this.#line(`  ${line}`)
    if (block?.kind === 'table') this.#terminal.table(block.headings, block.rows)
    if (block !== undefined && block.more > 0) this.#line(this.#terminal.paint('dim', `  … and ${block.more} more`))
  }

  #bind() {
    const terminal = this.#terminal
    return { paint: terminal.paint.bind(terminal) }
  }

  #write(text: string): void {
    this.#terminal.out.write(text)
    this.#midLine = !text.endsWith('\n')
  }

  #line(text: string): void {
    this.#endLine()
    this.#terminal.line(text)
  }

  #endLine(): void {
    if (this.#midLine) this.#terminal.line()
    this.#midLine = false
  }
}

function usageLine({ prompt_tokens, output_tokens, cost }: Extract<ServerFrame, { type: 'usage' }>): string {
  const price = cost === null ? 'cost unknown' : `$${cost.toFixed(4)}`
  return `${prompt_tokens ?? '?'} tokens in, ${output_tokens ?? '?'} out, ${price}`
}
