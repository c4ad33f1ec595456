import {
  CastellanError,
  EGRESS_END_TRAILER,
  EgressEnd,
  type EgressHead,
  type EgressMethod,
  type ErrorCode,
  errorCatalogue,
} from '@castellan/contracts'
import type { ByteAnswer } from '@castellan/daemon'
import { unpack } from './packed.ts'

/** Statuses that have no body (Fetch Standard, "null body status"). */
const BODILESS: ReadonlySet<number> = new Set([204, 205, 304])

/** What came back from outside, as `fetch` gives it, with what the airlock says about it. */
export class OutboundResponse extends Response {
  readonly head: EgressHead

  constructor(head: EgressHead, answer: ByteAnswer, method: EgressMethod) {
    const isBodiless = method === 'HEAD' || BODILESS.has(head.status)
    // Read to its end by ourselves where it has nothing to read, so that the connection is free again.
    if (isBodiless) void drain(answer)
    super(isBodiless ? null : streamOf(answer), { status: head.status, headers: head.headers })
    this.head = head
    // The address that answered, after redirects; a Response that is made by hand has none of its own.
    Object.defineProperty(this, 'url', { value: head.url, enumerable: true })
  }
}

async function drain({ body }: ByteAnswer): Promise<void> {
  try {
    for await (const _piece of body);
  } catch {
    // Nobody reads this body, so nobody minds that it broke off.
  }
}

/** Nothing is read ahead of the reader, and leaving closes the request, whether anything was read or not. */
function streamOf(answer: ByteAnswer): ReadableStream<Uint8Array> {
  const pieces = whole(answer)
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const step = await pieces.next()
        if (step.done === true) controller.close()
        else controller.enqueue(step.value)
      },
      cancel: () => answer.close(),
    },
    { highWaterMark: 0 },
  )
}

/** The body; ends with an error unless the airlock says that it was all. */
async function* whole(answer: ByteAnswer): AsyncGenerator<Uint8Array, void, void> {
  yield* answer.body
  const end = unpack(EgressEnd, answer.trailer(EGRESS_END_TRAILER))
  if (end?.state === 'complete') return
  if (end?.state === 'truncated') {
    throw new CastellanError(
      'egress_truncated',
      `The answer is longer than the ${end.bytes} bytes that were asked for; what came before this is its beginning.`,
      { detail: { bytes: end.bytes } },
    )
  }
  throw new CastellanError(codeOf(end), end?.message ?? 'The answer broke off on its way through the airlock.', {
    detail: { stage: 'body', sent: true },
  })
}

function codeOf(end: EgressEnd | undefined): ErrorCode {
  return end?.code !== undefined && Object.hasOwn(errorCatalogue, end.code) ? (end.code as ErrorCode) : 'egress_failed'
}
