// Attacks in a process of its own, so that what they cost is not taken from those who are attacked.
import { attackFor, type Target } from './attack.ts'
import { ATTACKS } from './attacks/all.ts'

export interface Orders {
  readonly target: Target
  /** How long each is gone on with. */
  readonly ms: number
  /** Names of attacks. */
  readonly attacks: readonly string[]
}

const { target, ms, attacks } = JSON.parse(process.argv[2]!) as Orders
const tell = (event: object): void => void process.stdout.write(`${JSON.stringify(event)}\n`)
process.on('uncaughtException', () => {})
process.on('unhandledRejection', () => {})
for (const name of attacks) {
  const attack = ATTACKS.find((each) => each.name === name)
  if (attack === undefined) throw new Error(`There is no attack "${name}".`)
  tell({ attack: name, event: 'begin' })
  tell({ attack: name, event: 'end', ...(await attackFor(attack, target, ms)) })
}
process.exit(0)
