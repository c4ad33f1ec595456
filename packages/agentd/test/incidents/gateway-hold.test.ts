import { expect, test } from 'vitest'
import { GatewayHold } from '../../src/incidents/measures/gateway.ts'

function askedFor(appliedMs?: number): GatewayHold {
  const hold = new GatewayHold({ heldBy: () => [] }, appliedMs === undefined ? {} : { appliedMs })
  // A gateway follows, which is known by its asking.
  void hold.changed(undefined, 0, new AbortController().signal)
  return hold
}

test('waiting for the gateway ends with agentd, and keeps nothing else from happening meanwhile', async () => {
  const hold = askedFor()
  const settled = hold.settled()
  hold.close()
  await expect(settled).rejects.toMatchObject({ code: 'shutting_down' })
})

test('the gateway’s word is waited for, and missed when it does not come', async () => {
  const hold = askedFor()
  const settled = hold.settled()
  hold.applied(hold.state.version)
  expect(await settled).toBe(true)
  const silent = askedFor(20)
  await expect(silent.settled()).rejects.toMatchObject({ code: 'containment_failed' })
})
