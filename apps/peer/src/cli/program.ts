// The tallymesh command: its subcommands, and what its exit codes mean.
import { TallymeshClientError } from '@tallymesh/client'
import { Command, CommanderError } from 'commander'
import { UsageError } from '../usage-error.ts'
import { VERSION } from '../version.ts'
import { describeFailure, failureFields } from './client.ts'
import { addComplete } from './complete.ts'
import { applyConfig, checkSwitches, isOn } from './config.ts'
import { addExport } from './export.ts'
import { addGet } from './get.ts'
import { addId } from './id.ts'
import { addImport } from './import.ts'
import { addIncrement } from './increment.ts'
import type { Io } from './io.ts'
import { addKey } from './key.ts'
import { addList } from './list.ts'
import { addPeer } from './peer.ts'
import { addStatus } from './status.ts'
import { addWatch } from './watch.ts'

export const DONE = 0
export const FAILED = 1
export const BAD_USAGE = 2

const createProgram = (io: Io): Command => {
  const program = new Command('tallymesh')
    .description('Replicated counters that never lose an increment.')
    .version(VERSION, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand('help [command]', 'print the help of a command')
    .exitOverride()
    .showHelpAfterError('(--help says how it is called)')
    .configureOutput({
      writeOut: (text) => io.out(text.replace(/\n$/, '')),
      writeErr: (text) => io.note(text.replace(/\n$/, '')),
    })
    .addHelpText(
      'after',
      [
        '',
        'Options that stay the same from call to call have environment variables, which the help of each',
        'command names, and may be in a config file. The command line goes first, then the environment.',
        'Exit codes: 0 done, 1 failed, 2 bad usage.',
      ].join('\n'),
    )
  const commands = [
    addPeer,
    addId,
    addKey,
    addIncrement,
    addGet,
    addList,
    addWatch,
    addStatus,
    addExport,
    addImport,
  ]
  for (const add of commands) add(program, io)
  addComplete(program)
  program.hook('preAction', (_, command) => {
    checkSwitches(command, process.env)
    applyConfig(program, command)
  })
  return program
}

const wantsJson = (args: readonly string[], { env }: Io): boolean =>
  args.includes('--json') || isOn('TALLYMESH_JSON', env)

const describe = (error: unknown): string => {
  if (error instanceof TallymeshClientError) return describeFailure(error)
  return error instanceof Error ? error.message : String(error)
}

const fieldsOf = (error: unknown): object => {
  if (error instanceof TallymeshClientError) return failureFields(error)
  const code = error instanceof Error && 'code' in error ? { code: error.code } : {}
  return { detail: describe(error), ...code }
}

/** Says what went wrong: to programs as JSON, with the code that the peer gave. */
const report = (error: unknown, args: readonly string[], io: Io): void =>
  io.note(wantsJson(args, io) ? JSON.stringify(fieldsOf(error)) : `tallymesh: ${describe(error)}`)

/** Runs a command line, without the program's own name, and gives its exit code. */
export const run = async (args: readonly string[], io: Io): Promise<number> => {
  try {
    await createProgram(io).parseAsync(args, { from: 'user' })
    return DONE
  } catch (error) {
    // commander has said it already; it ends help and version this way too.
    if (error instanceof CommanderError) return error.exitCode === 0 ? DONE : BAD_USAGE
    report(error, args, io)
    return error instanceof UsageError ? BAD_USAGE : FAILED
  }
}
