// The page: a row for each item, with its count and buttons. ?shelf=NAME&peer=MULTIADDR
import type { CounterService } from '@tallymesh/sync'
import { openStock } from './stock.ts'

const ITEMS = ['bolts', 'nuts', 'washers']

const button = (text: string, click: () => Promise<unknown>): HTMLButtonElement => {
  const element = document.createElement('button')
  element.textContent = text
  element.addEventListener('click', () => void click())
  return element
}

const row = (stock: CounterService, item: string): HTMLElement => {
  const count = document.createElement('output')
  count.id = item
  const show = (): void => {
    count.value = String(stock.getValue(item))
  }
  stock.addEventListener('change', show)
  show()
  const line = document.createElement('p')
  line.append(
    button(`take ${item}`, () => stock.increment(item, -1)),
    count,
    button(`add ${item}`, () => stock.increment(item, 1)),
  )
  return line
}

const parameters = new URLSearchParams(location.search)
const shelf = parameters.get('shelf') ?? 'shelf'
const stock = await openStock(shelf, parameters.get('peer'))
document.title = `Stock: ${shelf}`
document.body.append(...ITEMS.map((item) => row(stock, item)))
