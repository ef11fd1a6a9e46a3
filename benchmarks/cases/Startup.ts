/** How long the command line takes until it has done next to nothing. */
import * as Case from "../Case.ts"
import * as Command from "../Command.ts"
import * as Right from "../Right.ts"
import * as Spread from "../Spread.ts"

export const startup: Case.Case = {
  name: "startup",
  title: "Start-up",
  run: async (settings) => {
    const { cli, quick } = settings
    await Command.node(["apps/cli-report/build/Bundle.ts"])
    const { stdout: version } = await Command.node([cli, "--version"])
    Right.check(`${cli} --version`, /^elnudge-report v\d+\.\d+\.\d+\n$/.test(version), true)
    const commands = [
      { name: "node", what: "node -e 0", args: ["-e", "0"], prints: "", env: {} },
      { name: "ours", what: "elnudge-report --version", args: [cli, "--version"], prints: version, env: {} },
      {
        name: "uncached",
        what: "the same without a compile cache",
        args: [cli, "--version"],
        prints: version,
        env: { NODE_DISABLE_COMPILE_CACHE: "1" },
      },
    ]
    const times = quick ? 3 : 10 * settings.repetitions
    const measured = await Case.inTurn(
      commands,
      { ...settings, repetitions: times },
      async ({ args, env, name, prints }) => {
        const { stdout, wall_ms } = await Command.node(args, env)
        Right.check(name, stdout, prints)
        return { wall_ms }
      },
    )
    const wall = (name: string) => Case.spreadOf(measured, name, ({ wall_ms }) => wall_ms)
    return {
      about: `${cli}, each command ${times} times in turn, from its start to its end.`,
      columns: ["", "wall, ms", "× node -e 0"],
      rows: commands.map(({ name, what }) => [
        what,
        Spread.text(wall(name), 0),
        Spread.number(Case.ratio(wall(name), wall("node")), 2),
      ]),
      aims: [
        Case.atMostTimes(
          "`elnudge-report --version`, wall, against `node -e 0`",
          Case.ratio(wall("ours"), wall("node")),
          3,
        ),
      ],
      measurements: Object.fromEntries(measured),
    }
  },
}
