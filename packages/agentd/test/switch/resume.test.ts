import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isOver, Phase, type SwitchRecord } from '../../src/switch/record.ts'
import { type Found, resumeFrom } from '../../src/switch/resume.ts'

const [OLD, NEW] = ['a', 'b'].map((letter) => `/nix/store/${letter.repeat(32)}-nixos-system`) as [string, string]

function recordIn(phase: Phase): SwitchRecord {
  const at = '2026-11-21T00:00:00.000Z'
  return {
    v: 1,
    id: 'sw_000000000000',
    phase,
    reason: '',
    actor: { kind: 'operator', name: 'tester' },
    callId: null,
    from: { path: OLD, generation: 1 },
    to: { path: NEW, generation: null },
    bootDefault: { path: OLD, generation: 1 },
    plan: {
      activation: 'auto',
      confirm: 'health',
      activationSeconds: 60,
      graceSeconds: 0,
      probationSeconds: 1,
      confirmSeconds: 1,
      checks: [],
    },
    bootId: 'boot',
    byBoot: false,
    baseline: null,
    findings: [],
    notices: [],
    confirmedBy: null,
    blamed: false,
    rebooted: false,
    outcome: null,
    steps: [{ phase, at, note: '' }],
  }
}

const found = (changes: Partial<Found> = {}): Found => ({
  sameBoot: true,
  running: OLD,
  decision: undefined,
  wentBack: undefined,
  ...changes,
})

describe('going on with a switch after agentd ended', () => {
  test('goes on where it stood in the same boot', () => {
    for (const phase of Phase.options) {
      if (isOver({ phase })) continue
      expect(resumeFrom(recordIn(phase), found({ running: NEW })), phase).toBeNull()
    }
  })

  test('takes a boot into the old system for what it is, a rollback that blames nobody', () => {
    for (const phase of ['built', 'armed', 'activating', 'probation', 'confirming', 'committing', 'staged'] as const) {
      expect(resumeFrom(recordIn(phase), found({ sameBoot: false })), phase).toMatchObject({
        phase: 'rolling_back',
        fields: { rebooted: true, blamed: false },
      })
    }
  })

  test('judges a staged system that came up, and ends a commit that was written', () => {
    expect(resumeFrom(recordIn('staged'), found({ sameBoot: false, running: NEW }))).toMatchObject({
      phase: 'activated',
    })
    expect(resumeFrom(recordIn('committing'), found({ sameBoot: false, running: NEW, decision: 'commit' }))).toBeNull()
  })

  test('blames the system where the dead man had to act, and nobody where the operator did', () => {
    const went = (wentBack: string) => resumeFrom(recordIn('probation'), found({ decision: 'rollback', wentBack }))
    expect(went('dead-man')).toMatchObject({ phase: 'rolling_back', fields: { blamed: true } })
    expect(went('operator')).toMatchObject({ phase: 'rolling_back', fields: { blamed: false } })
    expect(resumeFrom(recordIn('committed'), found({ wentBack: 'operator' }))).toMatchObject({ phase: 'rolling_back' })
  })

  test('never goes forward once going back was decided, and never forward into what does not run', () => {
    const situation = fc.record({
      phase: fc.constantFrom(...Phase.options.filter((phase) => !isOver({ phase }))),
      sameBoot: fc.boolean(),
      running: fc.constantFrom(OLD, NEW, '/nix/store/other'),
      decision: fc.constantFrom(undefined, 'commit' as const, 'rollback' as const),
      wentBack: fc.constantFrom(undefined, 'dead-man', 'operator'),
    })
    fc.assert(
      fc.property(situation, ({ phase, ...facts }) => {
        const next = resumeFrom(recordIn(phase), facts)
        const ends = next?.phase ?? phase
        if (facts.decision === 'rollback' || facts.wentBack !== undefined) expect(ends).toBe('rolling_back')
        if (!facts.sameBoot && facts.running !== NEW) expect(ends).toBe('rolling_back')
        if (ends === 'activated' && next !== null) expect(facts.running).toBe(NEW)
      }),
    )
  })
})
