// Amounts and values as text: what a person may type, and how exact integers are shown.

/** What a typed amount means, or in words why it means nothing. */
export type ParsedAmount =
  | { readonly amount: bigint; readonly problem?: undefined }
  | { readonly amount?: undefined; readonly problem: string }

/** A total has at most 1,024 bits; no typed amount of more digits fits, and parsing it would only cost time. */
const maxDigits = 309
const bound = 1n << 1024n

/** Characters that people and number formats put between groups of digits, where they can't be a decimal sign. */
const groupSpaces = /[\s_'’]/gu

function explain(text: string): string {
  const shown = text.length > 24 ? `${text.slice(0, 24)}…` : text
  if (/^[-+]?\d{1,3}([.,]\d{3})+$/.test(text)) {
    return `Write “${shown}” without dots or commas: ${text.replaceAll(/[.,]/g, '')}.`
  }
  if (/^[-+]?\d*[.,]\d+$/.test(text)) return `Only whole numbers can be counted, not “${shown}”.`
  if (/^[-+]?[\d.]+e[-+]?\d+$/i.test(text)) return `Write all digits of “${shown}”.`
  return `“${shown}” is not a whole number. Type digits, such as 5 or −20.`
}

/** Reads an amount as a person types it. Nothing typed means 1. */
export function parseAmount(typed: string): ParsedAmount {
  const text = typed.trim().replaceAll('−', '-').replaceAll(groupSpaces, '')
  if (text === '') return { amount: 1n }
  if (!/^[-+]?\d+$/.test(text)) return { problem: explain(text) }
  const digits = text.replace(/^[-+]?0*/, '')
  const amount = digits.length > maxDigits ? bound : BigInt(digits || '0')
  if (amount >= bound) return { problem: 'That is more than a counter holds (about 308 digits).' }
  return { amount: text.startsWith('-') ? -amount : amount }
}

const grouped = new Intl.NumberFormat(undefined, { useGrouping: true })

/** With the reader's own grouping, and a minus sign that is as wide as a plus. */
export function formatInteger(value: bigint): string {
  return grouped.format(value).replace('-', '−')
}

/** As a change: `+5`, `−3`. */
export function formatSigned(value: bigint): string {
  return value > 0n ? `+${formatInteger(value)}` : formatInteger(value)
}

/** The middle left out where there are too many digits to take in; `full` is always there to be asked for. */
export function shortenInteger(text: string, most: number): string {
  if (text.length <= most) return text
  const head = Math.ceil((most - 1) / 2)
  return `${text.slice(0, head)}…${text.slice(head + 1 - most)}`
}
