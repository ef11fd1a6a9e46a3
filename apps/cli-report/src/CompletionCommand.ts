/** `completions`: the script of a shell, put where that shell finds it. */
import type { Command } from "effect/cli"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import * as CompletionFile from "./CompletionFile.ts"
import * as CompletionScript from "./CompletionScript.ts"
import * as DebugLog from "./DebugLog.ts"
import * as PrintableText from "./PrintableText.ts"

export interface Flags {
  readonly shell: Option.Option<CompletionFile.Shell>
}

export interface InstallFlags extends Flags {
  readonly print: boolean
}

const tell = ({ change, file, leftToDo }: CompletionFile.Installed) =>
  Effect.forEach([`${change}: ${file}`, ...leftToDo], (line) => Console.log(PrintableText.line(line)), {
    discard: true,
  })

/** Installs the shell's script of the command and all below it; with `print` it goes to stdout, and nothing is written. */
export const install = (whole: () => Command.Command.Any) =>
  Effect.fn("CompletionCommand.install")(function* ({ print, shell: given }: InstallFlags) {
    const shell = yield* CompletionFile.shellOf(given)
    const script = CompletionScript.make(whole(), shell)
    yield* print ? Console.log(script) : Effect.flatMap(CompletionFile.install(shell, script), tell)
  }, DebugLog.debuggable)

/** Removes the script of the shell. */
export const uninstall = Effect.fn("CompletionCommand.uninstall")(function* ({ shell }: Flags) {
  yield* tell(yield* CompletionFile.uninstall(yield* CompletionFile.shellOf(shell)))
}, DebugLog.debuggable)
