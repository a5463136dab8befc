// A whole number among a command's options.

/**
 * The number in `text`; undefined where it is left out.
 *
 * @throws {Error} for what is no whole number from `least` to `most`
 */
export function wholeOption<T extends string | undefined>(
  name: string,
  text: T,
  least: number,
  most: number,
): number | (T extends undefined ? undefined : never) {
  if (text === undefined) return undefined as T extends undefined ? undefined : never
  const number = Number(text)
  if (text.trim() !== '' && Number.isInteger(number) && number >= least && number <= most)
    return number
  throw new Error(
    `--${name} takes a whole number from ${least} to ${most}, not ${text || 'nothing'}`,
  )
}
