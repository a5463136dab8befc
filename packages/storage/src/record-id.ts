// Record ids: a letter for the kind, then numbers in base 36, since every record repeats its id.
//
//   m/<name>        what the store is: `m/format`, `m/identity`
//   x/<id>          the record `id`, set aside as it was when it was found damaged
//   r/<n>           replica number n has this id
//   v/<n>           the version of replica n
//   f/<n>           the floor of replica n's request records
//   s/<n>/<first>   the slot of replica n that it first wrote at `first`
//   q/<n>/<seq>     the request record of replica n at `seq`

export const FORMAT_ID = 'm/format'
const ASIDE = 'x/'

const base36 = (value: number): string => value.toString(36)

export const asideId = (id: string): string => ASIDE + id
export const metaId = (name: string): string => `m/${name}`
export const replicaId = (n: number): string => `r/${base36(n)}`
export const versionId = (n: number): string => `v/${base36(n)}`
export const floorId = (n: number): string => `f/${base36(n)}`
export const slotId = (n: number, first: number): string => `s/${base36(n)}/${base36(first)}`
export const requestId = (n: number, seq: number): string => `q/${base36(n)}/${base36(seq)}`

/** A record id, taken apart. What it does not have is NaN. */
export interface RecordId {
  readonly kind: string
  /** The number under which its replica goes in this store. */
  readonly replica: number
  /** A slot's `first`, a request's `seq`. */
  readonly position: number
}

/** Takes any string: what makes no sense gives a kind that nobody knows, or NaN. */
export const parseId = (id: string): RecordId => {
  const kind = id.startsWith('s/') ? 's/' : id.slice(0, 2)
  if (kind === 'm/' || kind === ASIDE) return { kind, replica: Number.NaN, position: Number.NaN }
  const slash = id.indexOf('/', 2)
  const isWhole = slash === -1
  return {
    kind,
    replica: parse36(id, 2, isWhole ? id.length : slash),
    position: isWhole ? Number.NaN : parse36(id, slash + 1, id.length),
  }
}

/** By hand, since every record that is loaded comes by here: half the time of cutting out and parseInt. */
const parse36 = (text: string, start: number, end: number): number => {
  let value = start < end ? 0 : Number.NaN
  for (let at = start; at < end; at++) value = 36 * value + digitOf(text.charCodeAt(at))
  return Number.isSafeInteger(value) ? value : Number.NaN
}

const digitOf = (unit: number): number => {
  if (unit >= 0x30 && unit <= 0x39) return unit - 0x30
  return unit >= 0x61 && unit <= 0x7a ? unit - 0x61 + 10 : Number.NaN
}
