import { execFileSync, spawnSync } from "node:child_process"
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as CommandLine from "./CommandLine.ts"
import * as ServedShop from "./ServedShop.ts"

const shells = ["bash", "zsh", "fish"] as const

const placeIn = (home: string) => ({
  bash: join(home, ".local/share/bash-completion/completions/elnudge-report"),
  zsh: join(home, ".local/share/zsh/site-functions/_elnudge-report"),
  fish: join(home, ".config/fish/completions/elnudge-report.fish"),
})

const leftToDo = {
  bash: /\n {2}source \S+\/completions\/elnudge-report\n$/,
  zsh: /\n {2}fpath=\(\S+\/site-functions \$fpath\)\n.*compinit\n$/,
  fish: /\nNew shells load it\.\n$/,
}

const filesIn = (folder: string): ReadonlyArray<string> =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))

const completions = (home: string, words: ReadonlyArray<string>, env: Readonly<Record<string, string>> = {}) =>
  CommandLine.run(["completions", ...words], { env: { HOME: home, ...env } })

const inHome = <A, E>(use: (home: string) => Effect.Effect<A, E>) =>
  Effect.scoped(Effect.flatMap(ServedShop.temporaryFolder, use))

const isThere = (shell: string): boolean => spawnSync(shell, ["--version"]).status === 0

/** What bash would offer for the last word, with the script loaded as a shell loads it. */
const offered = (script: string, words: ReadonlyArray<string>): ReadonlyArray<string> => {
  const program = `
    source "$0"
    complete -p elnudge-report >&2
    COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMP_LINE="$*"
    COMP_POINT=\${#COMP_LINE}
    called=$(complete -p elnudge-report | sed 's/.*-F \\([^ ]*\\) .*/\\1/')
    "$called" elnudge-report "\${COMP_WORDS[COMP_CWORD]}" "\${COMP_WORDS[COMP_CWORD-1]}"
    printf '%s\\n' "\${COMPREPLY[@]}"`
  const said = execFileSync("bash", ["--norc", "-c", program, script, ...words], { encoding: "utf8", stdio: "pipe" })
  return said.trimEnd().split("\n")
}

describe("completions", () => {
  it.live.each(shells)("of %s are installed once, and removed with nothing left behind", (shell) =>
    inHome((home) =>
      Effect.gen(function* () {
        const file = placeIn(home)[shell]
        const other = join(dirname(file), "other")
        mkdirSync(dirname(file), { recursive: true })
        writeFileSync(other, "mine")
        const env = { SHELL: `/usr/bin/${shell}` }
        const first = yield* completions(home, ["install"], env)
        assert.deepStrictEqual([first.exitCode, first.stderr], [0, ""])
        assert.strictEqual(first.stdout.split("\n")[0], `written: ${file}`)
        assert.match(first.stdout, leftToDo[shell])
        assert.deepStrictEqual([...filesIn(home)].sort(), [file, other].sort())
        const written = readFileSync(file, "utf8")
        const { mtimeMs } = statSync(file)
        const printed = yield* completions(home, ["install", "--shell", shell, "--print"])
        assert.isTrue(written.startsWith(printed.stdout.trimEnd()))
        if (isThere(shell)) execFileSync(shell, ["-n", file])
        const again = yield* completions(home, ["install"], env)
        assert.strictEqual(again.stdout.split("\n")[0], `up to date: ${file}`)
        assert.strictEqual(statSync(file).mtimeMs, mtimeMs)
        writeFileSync(file, written.replace("doctor", "docteur"))
        const mended = yield* completions(home, ["install"], env)
        assert.strictEqual(mended.stdout.split("\n")[0], `written: ${file}`)
        assert.strictEqual(readFileSync(file, "utf8"), written)
        const removed = yield* completions(home, ["uninstall"], env)
        assert.deepStrictEqual([removed.exitCode, removed.stdout], [0, `removed: ${file}\n`])
        assert.deepStrictEqual(filesIn(home), [other])
        const gone = yield* completions(home, ["uninstall"], env)
        assert.deepStrictEqual([gone.exitCode, gone.stdout], [0, `not there: ${file}\n`])
      }),
    ),
  )

  it.live("leave alone what somebody else wrote", () =>
    inHome((home) =>
      Effect.gen(function* () {
        const file = placeIn(home).fish
        mkdirSync(dirname(file), { recursive: true })
        writeFileSync(file, "complete -c elnudge-report\n")
        for (const word of ["install", "uninstall"]) {
          const { exitCode, stderr } = yield* completions(home, [word, "--shell", "fish"])
          assert.strictEqual(exitCode, 1)
          assert.include(stderr, `${file} was not written by this program`)
        }
        assert.strictEqual(readFileSync(file, "utf8"), "complete -c elnudge-report\n")
        assert.deepStrictEqual(filesIn(home), [file])
      }),
    ),
  )

  it.live("go where the shell's own variables say, and are printed without being written", () =>
    inHome((home) =>
      Effect.gen(function* () {
        const env = {
          BASH_COMPLETION_USER_DIR: join(home, "bash"),
          XDG_DATA_HOME: join(home, "data"),
          XDG_CONFIG_HOME: join(home, "config"),
        }
        yield* Effect.forEach(shells, (shell) => completions(home, ["install", "--shell", shell, "--print"], env))
        assert.deepStrictEqual(filesIn(home), [])
        yield* Effect.forEach(shells, (shell) => completions(home, ["install", "--shell", shell], env))
        assert.deepStrictEqual(
          [...filesIn(home)].sort(),
          [
            join(home, "bash/completions/elnudge-report"),
            join(home, "config/fish/completions/elnudge-report.fish"),
            join(home, "data/zsh/site-functions/_elnudge-report"),
          ].sort(),
        )
      }),
    ),
  )

  it.live("need a shell that is known, and a home", () =>
    inHome((home) =>
      Effect.gen(function* () {
        const ksh = yield* completions(home, ["install"], { SHELL: "/bin/ksh" })
        assert.deepStrictEqual([ksh.exitCode, ksh.stdout], [2, ""])
        assert.include(ksh.stderr, "there are no completions for ksh")
        assert.include(ksh.stderr, "Give --shell with one of bash, zsh, fish.")
        const none = yield* completions("", ["install", "--shell", "zsh"])
        assert.strictEqual(none.exitCode, 2)
        assert.include(none.stderr, "HOME is not set")
        const missing = yield* completions(home, [])
        assert.strictEqual(missing.exitCode, 2)
        assert.deepStrictEqual(filesIn(home), [])
      }),
    ),
  )

  it.live("complete commands, flags, values and files in a real bash", () =>
    inHome((home) =>
      Effect.gen(function* () {
        yield* completions(home, ["install", "--shell", "bash"])
        const script = placeIn(home).bash
        assert.isTrue(existsSync(script))
        writeFileSync(join(home, "sessions.ndjson"), "")
        mkdirSync(join(home, "session folder"))
        const words = (...typed: ReadonlyArray<string>) => offered(script, ["elnudge-report", ...typed])
        assert.deepStrictEqual(words("do"), ["doctor"])
        assert.deepStrictEqual(words("completions", ""), ["install", "uninstall"])
        assert.includeMembers([...words("doctor", "--")], ["--site", "--timeout", "--json", "--log-level", "--help"])
        assert.deepStrictEqual(words("cohorts", "--by", "week"), ["week", "weekday"])
        assert.deepStrictEqual(words("doctor", "--log-level", "d"), ["debug"])
        assert.include(words("cohorts", "--input", join(home, "sess")), join(home, "sessions.ndjson"))
        const folders = words("run", "all", "--output-dir", join(home, "sess"))
        assert.notInclude(folders, join(home, "sessions.ndjson"))
        assert.lengthOf(folders, 1)
      }),
    ),
  )
})
