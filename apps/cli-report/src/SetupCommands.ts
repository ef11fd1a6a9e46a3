/** The commands that come before a report: whether it would work, of which sites, and what TAB completes. */
import { Command } from "effect/cli"
import * as Flags from "./Flags.ts"
import * as LazyCommand from "./LazyCommand.ts"

export const doctor = Command.make(
  "doctor",
  Flags.doctor,
  LazyCommand.make(
    () => import("./Doctor.ts"),
    ({ run }) => run,
  ),
).pipe(
  Command.withShortDescription("Whether a report would work here, and what to do where it would not"),
  Command.withDescription(
    "Looks at the key, the address, the proxy, the connection, the clock, what the key may read, how long sessions are kept " +
      "and the limit: a line for each, with the next step where something is wrong. Sends at most six requests, and says how " +
      "many. Exits with 0 where a report would work, else with the code that a report would exit with.",
  ),
  Command.withExamples([
    { command: "elnudge-report doctor", description: "Before the first report" },
    { command: "elnudge-report doctor --site shop-de --plan scale", description: "Of one site, against its plan" },
    { command: "elnudge-report doctor --format json", description: "For a program that watches" },
  ]),
)

export const sites = Command.make(
  "sites",
  Flags.sites,
  LazyCommand.make(
    () => import("./SitesCommand.ts"),
    ({ run }) => run,
  ),
).pipe(
  Command.withShortDescription("The sites that --site can name, and whether each key can be read"),
  Command.withDescription(
    "The sites of $XDG_CONFIG_HOME/elnudge/sites.json (else ~/.config/elnudge/sites.json; ELNUDGE_SITES_FILE names another " +
      "file). It says for each where its key is, and never holds one. Asks the API nothing.",
  ),
  Command.withExamples([
    { command: "elnudge-report sites", description: "All of them" },
    { command: "elnudge-report cohorts --since 28d --site shop-de", description: "Then a report of one" },
  ]),
)

const installCompletions = (whole: () => Command.Command.Any) =>
  Command.make(
    "install",
    { shell: Flags.shell, print: Flags.print },
    LazyCommand.make(
      () => import("./CompletionCommand.ts"),
      ({ install }) => install(whole),
    ),
  ).pipe(
    Command.withDescription(
      "Writes the completions of your shell to the folder where it looks for them, and says what is left to do",
    ),
    Command.withExamples([
      { command: "elnudge-report completions install", description: "For the shell of $SHELL" },
      { command: "elnudge-report completions install --shell zsh --print", description: "On stdout, nothing written" },
    ]),
  )

const uninstallCompletions = Command.make(
  "uninstall",
  { shell: Flags.shell },
  LazyCommand.make(
    () => import("./CompletionCommand.ts"),
    ({ uninstall }) => uninstall,
  ),
).pipe(Command.withDescription("Removes the file that `completions install` wrote, and nothing else"))

/** Completes the words of the command that `whole` gives: its root. */
export const completions = (whole: () => Command.Command.Any) =>
  Command.make("completions").pipe(
    Command.withShortDescription("What TAB completes in bash, zsh and fish: install, uninstall"),
    Command.withDescription("Installs what TAB completes in bash, zsh or fish, or removes it"),
    Command.withExamples([{ command: "elnudge-report completions install", description: "For the shell of $SHELL" }]),
    Command.withSubcommands([installCompletions(whole), uninstallCompletions]),
  )
