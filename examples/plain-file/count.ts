// node count.ts FILE REPLICA add KEY [N] | merge OTHER-FILE | show
import { load, save } from './file-counter.ts'

const USAGE = 'usage: count.ts FILE REPLICA add KEY [N] | merge OTHER-FILE | show'

const [file, replica, command, first, second = '1'] = process.argv.slice(2)
if (file === undefined || replica === undefined) refuse()

const counter = await load(file, replica)
if (command === 'add' && first !== undefined && /^-?\d+$/.test(second)) {
  counter.increment(first, BigInt(second))
  await save(file, counter)
} else if (command === 'merge' && first !== undefined) {
  counter.merge(await load(first, replica))
  await save(file, counter)
} else if (command !== 'show') refuse()
for (const { key, value } of counter.list()) console.log(`${key} ${value}`)

function refuse(): never {
  console.error(USAGE)
  process.exit(2)
}
