// `pnpm hostile`: a hostile peer against members under honest load, for as long as one likes.
import { parseArgs } from 'node:util'
import { wholeOption } from '../support/whole-option.ts'
import { ATTACKS } from './attacks/all.ts'
import { describeLap } from './lap.ts'
import { besiege } from './siege.ts'

const NAMES = ATTACKS.map(({ name }) => name)

const HELP = `pnpm hostile [ATTACK…] [--seconds N] [--callers N]

Three members under honest load; one of them is attacked, by all of these or those that are named:
  ${NAMES.join('\n  ')}

  --seconds N   how long each attack goes on (10)
  --callers N   how many honest callers there are (16)

Exit code 1 where an honest call failed, members did not end equal, or an honest counter was not exact.
`

const readCommand = () => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      seconds: { type: 'string', default: '10' },
      callers: { type: 'string', default: '16' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  const unknown = positionals.find((name) => !NAMES.includes(name))
  if (unknown !== undefined) throw new Error(`There is no attack "${unknown}".`)
  const seconds = wholeOption('seconds', values.seconds, 1, 86_400)
  const callers = wholeOption('callers', values.callers, 1, 1000)
  const attacks = positionals.length === 0 ? NAMES : positionals
  return { attacks, seconds, callers, help: values.help }
}

const main = async (): Promise<number> => {
  let command: ReturnType<typeof readCommand>
  try {
    command = readCommand()
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${HELP}`)
    return 2
  }
  if (command.help) {
    console.log(HELP)
    return 0
  }
  const ms = command.seconds * 1000
  const { violations, cutOff } = await besiege({
    attacks: command.attacks,
    ms,
    callers: command.callers,
    calmMs: ms,
    onLap: (lap) => console.log(describeLap(lap)),
  })
  console.log(`the attacked member cut attackers off ${cutOff} times`)
  for (const violation of violations) console.log(`violation: ${violation}`)
  if (violations.length === 0) console.log('no violation')
  return violations.length === 0 ? 0 : 1
}

process.exitCode = await main()
