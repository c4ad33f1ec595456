import { quotedParts } from './values.ts'

/**
 * Words a request or a further request begins with, after a dozen that lead up to it at most; a part that begins otherwise belongs
 * to the part before it.
 */
const OPENERS =
  /^(?:(?:please|pls|just|only|also|then|now|and|i mean|afterwards?|finally|next|can you|could you|would you|will you|i want to|i'd like to|let me|let's)\s+){0,12}(?:show|list|tell|give|get|check|print|display|read|open|cat|see|view|find|look|count|verify|restart|start|stop|write|overwrite|save|append|add|insert|jot|put|empty|clear|correct|fix|modify|swap|turn|note|delete|remove|rm|trash|erase|drop|edit|change|replace|rename|restore|recover|bring|undo|revert|take back|roll|what|what's|whats|which|who|who's|how|is|are|was|were|does|do|did|has|have|when|why|where|any|ls|df|ps|free|tail|grep|journalctl|systemctl|confirm|make|create|fetch|report|describe|explain|status|reload|bounce|reboot|kill|run|execute|move|mv|back up|backup|import|deploy|remember|forget|enable|disable|set|unset|build|switch|collect|prune|search|ping|curl|dig|resolve|test|prove|trigger|commit|import|update|install)\b/i

/**
 * A comma alone joins two halves of one request more often than two requests: "why did nginx die, show its log". A way that begins
 * with spaces begins with the first of a run, and the other ways leave those before them to be trimmed: so a run is read once,
 * however long it is.
 */
const JOINTS =
  /(?<!\s)\s+(?:and\s+then|and\s+also|then|and|plus|&&?)\s+|,\s+(?:and\s+then|and\s+also|then|also|and|plus|&&?)\s+|[;\n]+\s*/gi
const CLAUSE_JOINTS = /(?:(?<!\s)\s*[^\S\n](?:but|only|instead|rather|and|-+)\s|[;\n,!]|[.?](?=\s))\s*/gi

/**
 * Splits "restart nginx and show me its log" into its requests. Nothing inside quotes is split, and only where what follows
 * begins like a request of its own: "replace foo and bar" stays whole. One part comes back for an ordinary request.
 */
export function splitRequests(request: string): readonly string[] {
  const text = request.trim()
  const parts: string[] = []
  let from = 0
  for (const { start, end } of joints(text, JOINTS)) {
    if (!opensRequest(text.slice(end)) || !opensRequest(text.slice(from, start))) continue
    parts.push(text.slice(from, start).trim())
    from = end
  }
  parts.push(text.slice(from).trim())
  return parts.filter((part) => part !== '')
}

/** Whether a text begins as a request does. */
export function opensRequest(text: string): boolean {
  return OPENERS.test(text.trim())
}

/** The clauses of a request: finer than its requests, for what a negation reaches. */
export function splitClauses(text: string): readonly string[] {
  const clauses: string[] = []
  let from = 0
  for (const { start, end } of joints(text, CLAUSE_JOINTS)) {
    clauses.push(text.slice(from, start).trim())
    from = end
  }
  clauses.push(text.slice(from).trim())
  return clauses.filter((clause) => clause !== '')
}

/** Where the text may be parted, outside quotes. */
function joints(text: string, pattern: RegExp): readonly { start: number; end: number }[] {
  const quoted = quotedParts(text)
  let next = 0
  return [...text.matchAll(pattern)]
    .map((match) => ({ start: match.index, end: match.index + match[0].length }))
    .filter(({ start, end }) => {
      // Both lists are in order, so quotes that lie behind are behind for the rest as well.
      while ((quoted[next]?.to ?? end) <= start) next += 1
      return end > start && (quoted[next]?.from ?? end) >= end
    })
}
