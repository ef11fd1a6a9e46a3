/** What TAB completes: the words of all commands, with those that every command takes and the places of files. */
import { type Command, Completions } from "effect/cli"
import type { Shell } from "./CompletionFile.ts"

const boolean = (
  name: string,
  description: string,
  aliases: ReadonlyArray<string> = [],
): Completions.FlagDescriptor => ({
  name,
  aliases,
  description,
  type: { _tag: "Boolean" },
  negation: false,
})

const everywhere: ReadonlyArray<Completions.FlagDescriptor> = [
  boolean("help", "Show help information", ["h"]),
  boolean("json", "Say everything on stderr as one JSON object a line"),
  {
    name: "log-level",
    aliases: [],
    description: "Sets the minimum log level",
    type: {
      _tag: "Choice",
      values: ["all", "trace", "debug", "info", "warn", "error", "fatal", "none"],
    },
  },
]

// A path is text to the parser, because it may not be there yet; the shell can still say which ones are.
const paths: Readonly<Record<string, "file" | "directory" | undefined>> = {
  input: "file",
  output: "file",
  checkpoint: "file",
  "save-state": "file",
  data: "file",
  faults: "file",
  "output-dir": "directory",
}

const withPath = (flag: Completions.FlagDescriptor): Completions.FlagDescriptor => {
  const pathType = paths[flag.name]
  return pathType === undefined ? flag : { ...flag, type: { _tag: "Path", pathType } }
}

const complete = (command: Completions.CommandDescriptor): Completions.CommandDescriptor => ({
  ...command,
  flags: [...command.flags.map(withPath), ...everywhere],
  subcommands: command.subcommands.map(complete),
})

/** The script of the shell. */
export const make = (root: Command.Command.Any, shell: Shell): string =>
  Completions.generate(root.name, shell, complete(Completions.fromCommand(root)))
