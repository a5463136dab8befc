// Three stations count ballots, with no line between them; some ballots are scanned twice.
import { OPTIONS, Station } from './station.ts'

const stations = [await Station.open(), await Station.open(), await Station.open()] as const
const [north, south, west] = stations

for (let ballot = 1; ballot <= 60; ballot++) {
  const option = OPTIONS[ballot % 3 === 0 ? 1 : 0]
  await stations[ballot % 3]!.count(`ballot ${ballot}`, option)
  // Every tenth is scanned once more, elsewhere: nobody there can know yet.
  if (ballot % 10 === 0) await stations[(ballot + 1) % 3]!.count(`ballot ${ballot}`, option)
}
console.log('alone:', stations.map((station) => JSON.stringify(numbers(station))).join(' '))

await north.connect(south)
await south.connect(west)
await Promise.all(stations.map((station) => station.knows(60)))
console.log('together:', stations.map((station) => JSON.stringify(numbers(station))).join(' '))
console.log('ballot 7 once more is counted:', await west.count('ballot 7', 'yes'))

await Promise.all(stations.map((station) => station.close()))

function numbers(station: Station): Record<string, number> {
  return Object.fromEntries(OPTIONS.map((option) => [option, Number(station.result()[option])]))
}
