/** A shell's completions, in the folder where that shell looks for those of its user. */
import * as TextFile from "@effect-elnudge/core/TextFile"
import * as Config from "effect/Config"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import * as Path from "effect/Path"
import * as Stream from "effect/Stream"
import * as OutputFile from "./OutputFile.ts"
import * as ShellWords from "./ShellWords.ts"

export const shells = ["bash", "zsh", "fish"] as const

export type Shell = (typeof shells)[number]

/** Nothing was written or removed, and why. */
export class CompletionError extends Data.TaggedError("CompletionError")<{
  readonly exitCode: 1 | 2
  readonly message: string
  readonly advice: string
}> {}

const program = "elnudge-report"

// The last line, because the first may be the shell's: what does not end like this is not ours to replace.
const mark = `# Written by "${program} completions install"; "${program} completions uninstall" removes it.\n`

const places = Config.all({
  shell: Config.option(Config.String("SHELL")),
  home: Config.option(Config.String("HOME")),
  bash: Config.option(Config.String("BASH_COMPLETION_USER_DIR")),
  data: Config.option(Config.String("XDG_DATA_HOME")),
  config: Config.option(Config.String("XDG_CONFIG_HOME")),
})

const present = (value: Option.Option<string>): string | undefined =>
  Option.getOrUndefined(Option.filter(value, (given) => given !== ""))

/** The shell that was named, else the one of `SHELL`. */
export const shellOf = Effect.fn("CompletionFile.shellOf")(function* (given: Option.Option<Shell>) {
  if (Option.isSome(given)) return given.value
  const path = yield* Path.Path
  const name = path.basename(present((yield* places).shell) ?? "")
  const shell = shells.find((each) => each === name)
  if (shell !== undefined) return shell
  return yield* new CompletionError({
    exitCode: 2,
    message: name === "" ? "SHELL does not say which shell this is." : `there are no completions for ${name}.`,
    advice: `Give --shell with one of ${shells.join(", ")}.`,
  })
})

/** The shell's file for this program. */
const placeOf = Effect.fnUntraced(function* (shell: Shell) {
  const path = yield* Path.Path
  const { bash, config, data, home } = yield* places
  const under = (given: Option.Option<string>, ...fallback: ReadonlyArray<string>) => {
    const named = present(Option.filter(given, path.isAbsolute))
    const own = present(home)
    return named ?? (own === undefined ? undefined : path.join(own, ...fallback))
  }
  const bashFolder = present(Option.filter(bash, path.isAbsolute))
  const folders: Readonly<Record<Shell, readonly [string | undefined, ...ReadonlyArray<string>]>> = {
    bash: [
      bashFolder ?? under(data, ".local", "share"),
      ...(bashFolder === undefined ? ["bash-completion"] : []),
      "completions",
      program,
    ],
    zsh: [under(data, ".local", "share"), "zsh", "site-functions", `_${program}`],
    fish: [under(config, ".config"), "fish", "completions", `${program}.fish`],
  }
  const [folder, ...names] = folders[shell]
  if (folder !== undefined) return path.join(folder, ...names)
  return yield* new CompletionError({
    exitCode: 2,
    message: "HOME is not set, so there is no folder of the user's own.",
    advice: "Set it, or write the script where you want it: completions install --print > FILE.",
  })
})

/** What stands there; undefined where nothing does. What is no text was not written by this program. */
const read = (file: string) =>
  OutputFile.explained(
    file,
    TextFile.read(file).pipe(
      Effect.catchReason("PlatformError", "NotFound", () => Effect.succeed(undefined)),
      Effect.catchTag("NotText", () => Effect.succeed("")),
    ),
  )

const foreign = (file: string, what: string) =>
  new CompletionError({
    exitCode: 1,
    message: `${file} was not written by this program, and is not ${what}.`,
    advice: "Move it away, then run this again; or take the script with completions install --print.",
  })

/** What was done, and what is left to do for the shell to find it. */
export interface Installed {
  readonly file: string
  readonly change: "written" | "up to date" | "removed" | "not there"
  readonly leftToDo: ReadonlyArray<string>
}

const leftToDo = (shell: Shell, file: string, folder: string): ReadonlyArray<string> => {
  const word = ShellWords.join
  switch (shell) {
    case "bash":
      return [
        "New shells load it where the package bash-completion is set up; elsewhere, add this line to ~/.bashrc:",
        `  source ${word([file])}`,
      ]
    case "zsh":
      return [
        "Where ~/.zshrc does not name that folder yet, add this line to it, before compinit is called:",
        `  fpath=(${word([folder])} $fpath)`,
        "and where nothing calls it: autoload -Uz compinit && compinit",
      ]
    case "fish":
      return ["New shells load it."]
  }
}

/** Puts the script in the shell's folder, whole or not at all. A file of somebody else's is left alone. */
export const install = Effect.fn("CompletionFile.install")(function* (shell: Shell, script: string) {
  const fileSystem = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const file = yield* placeOf(shell)
  const content = `${script.trimEnd()}\n\n${mark}`
  const before = yield* read(file)
  const installed = (change: Installed["change"]): Installed => ({
    file,
    change,
    leftToDo: leftToDo(shell, file, path.dirname(file)),
  })
  if (before === content) return installed("up to date")
  if (before !== undefined && !before.endsWith(mark)) return yield* foreign(file, "replaced")
  const folder = path.dirname(file)
  const behind = yield* OutputFile.target(folder)
  yield* OutputFile.explained(folder, fileSystem.makeDirectory(behind, { recursive: true }))
  yield* OutputFile.write(yield* OutputFile.prepare(file), Stream.succeed(content))
  return installed("written")
}, Effect.scoped)

/** Removes what {@link install} wrote, and nothing else. */
export const uninstall = Effect.fn("CompletionFile.uninstall")(function* (shell: Shell) {
  const fileSystem = yield* FileSystem.FileSystem
  const file = yield* placeOf(shell)
  const before = yield* read(file)
  if (before !== undefined && !before.endsWith(mark)) return yield* foreign(file, "removed")
  if (before !== undefined) yield* OutputFile.explained(file, fileSystem.remove(file))
  const uninstalled: Installed = { file, change: before === undefined ? "not there" : "removed", leftToDo: [] }
  return uninstalled
})
