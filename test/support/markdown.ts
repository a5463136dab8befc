// Commands and programs in a page of documentation, and what stands beside them as their output.

/** The contents of all code blocks in this language. */
export const blocks = (page: string, language: string): string[] =>
  [...page.matchAll(/^```(\w+)\n(.*?)^```$/gms)].flatMap(([, found, text = '']) =>
    found === language ? [text] : [],
  )

export interface Command {
  readonly line: string
  /** What stands below it; `…` is for what differs each time. */
  readonly answer: string
}

/** The commands of a `console` block. */
export const commandsIn = (block: string): Command[] =>
  block
    .split(/^\$ /m)
    .slice(1)
    .map((text) => {
      const end = text.indexOf('\n')
      return { line: text.slice(0, end), answer: text.slice(end + 1).trim() }
    })

/** A pattern for text with gaps. */
export const likeness = (text: string): RegExp =>
  new RegExp(`^${text.replace(/[^\w\s…]/g, '\\$&').replaceAll('…', '.+')}$`)

/** The lines that a program says it prints: a comment behind each `console.log`. */
export const saidBy = (program: string): string[] =>
  [...program.matchAll(/console\.log\(.*\/\/ (.+)$/gm)].flatMap(([, text = '']) =>
    text.split(', then '),
  )
