// node main.ts FOLDER PORT [ADDRESS-OF-ANOTHER…]
import { startPageViews } from './page-views.ts'

const [folder = './page-views', port = '8080', ...peers] = process.argv.slice(2)
const server = await startPageViews({ folder, port: Number(port), peers })
console.log(`pages: ${server.url}`)
console.log(`for the others: ${server.addresses.join(' ')}`)
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => void server.stop().then(() => process.exit()))
