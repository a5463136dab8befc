// What honest callers of three members get while a hostile peer attacks one of these.
import { ATTACKS } from '../test/hostile/attacks/all.ts'
import { besiege } from '../test/hostile/siege.ts'
import { runBench } from './runner/bench.ts'

/** As the test of it has it. */
const MOST_MB = 768

await runBench(
  'attack',
  'How much do honest callers of three members lose while a hostile peer attacks one of these?',
  async (bench) => {
    const ms = bench.quick ? 1000 : 5000
    const { laps, violations, cutOff } = await besiege({
      attacks: ATTACKS.map(({ name }) => name),
      ms,
      callers: 16,
      calmMs: ms,
      onLap: ({ attack }) => bench.progress(attack),
    })
    const [calm] = laps
    bench.table(
      'Increments over HTTP at all three, 16 callers, one call in ten with ack quorum',
      laps.map(({ attack, perSecond, p50, p99, failures, ids, peakBytes }) => ({
        attack,
        'a second': Math.round(perSecond),
        '% of none': Math.round((perSecond / calm!.perSecond) * 100),
        'p50 ms': p50,
        'p99 ms': p99,
        failed: failures.length,
        'ids used up': ids,
        'most MB so far': Math.round(peakBytes / 1e6),
      })),
    )
    bench.note(
      `Attackers were cut off ${cutOff} times, and came back under a new id each time: the peer is open. ` +
        'The attacker, the callers and the three members share this machine, so what an attack costs the attacker is missing from the honest rate, too.',
    )
    const failed = laps.reduce((sum, { failures }) => sum + failures.length, 0)
    const most = Math.max(...laps.map(({ peakBytes }) => peakBytes)) / 1e6
    bench.target('honest calls that failed', failed, 'at most', 0, 'calls')
    bench.target('honest counters wrong, or members not equal', violations.length, 'at most', 0, '')
    bench.target('memory of a member', most, 'at most', MOST_MB, 'MB')
  },
)
