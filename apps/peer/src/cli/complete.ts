// tallymesh complete SHELL: what makes a shell complete commands, options and their values.
import tab from '@bomb.sh/tab/commander'
import type { Command } from 'commander'
import { examples } from './options.ts'

/** Adds the command, once all others are there: it offers what it finds. */
export const addComplete = (program: Command): void => {
  tab(program)
  const command = program.commands.find((each) => each.name() === 'complete')
  command
    ?.summary('print the completion script of a shell')
    .addHelpText(
      'after',
      examples(
        'source <(tallymesh complete bash)     # in ~/.bashrc; zsh likewise, in ~/.zshrc',
        'tallymesh complete fish > ~/.config/fish/completions/tallymesh.fish',
      ),
    )
}
