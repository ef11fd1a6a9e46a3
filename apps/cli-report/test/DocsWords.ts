/** What a block of shell calls this program with, word by word. */

const values: Readonly<Record<string, string>> = { days: "1", site: "shop-de" }

// What a shell would put there: a date, but for the names above.
const expanded = (text: string): string =>
  text
    .replaceAll(/\$\([^)]*\)/g, "2026-10-01")
    .replaceAll(/\$\{(\w+)[^}]*\}|\$(\w+)/g, (_, long: string | undefined, short: string | undefined) => {
      return values[long ?? short ?? ""] ?? "2026-10-01"
    })

const word = /(?:"[^"]*"|'[^']*'|\\.|[^\s"'\\;|&<>()#]|(?<=\S)#)+|[;|&<>()]+|#.*/g

const unquoted = (text: string): string =>
  text.replaceAll(/"([^"]*)"|'([^']*)'|\\(.)/g, (_, double?: string, single?: string, escaped?: string) =>
    double === undefined ? (single ?? escaped ?? "") : double,
  )

const isEnd = (token: string): boolean => /^[;|&()]+$|^#/.test(token)
const isRedirection = (token: string): boolean => /^[<>]+&?$/.test(token)

const programs: ReadonlyArray<RegExp> = [
  /(?:^|\s)npx --yes pnpm@12 --silent elnudge-report$/,
  /(?:^|\s)npx --yes (?:--prefix \. )?(?:@effect-elnudge\/cli-report|\.\/effect-elnudge-cli-report-\S+\.tgz)$/,
  /^(?:\w+=\S*\s+)*(?:(?:do|then|if)\s+)?(?:\w+=\S*\s+)*elnudge-report$/,
]

/** The words after the program's name, of each call; redirections and what follows a pipe are not its words. */
export const calls = (code: string): ReadonlyArray<ReadonlyArray<string>> =>
  expanded(code.replaceAll("\\\n", " "))
    .split("\n")
    .flatMap((line) => {
      const found: Array<Array<string>> = []
      let before = ""
      let call: Array<string> | undefined
      let isTarget = false
      for (const [token] of line.matchAll(word)) {
        if (isEnd(token)) {
          before = ""
          call = undefined
        } else if (isRedirection(token)) {
          // The number of what is redirected is no word either.
          if (/^\d$/.test(call?.at(-1) ?? "")) call?.pop()
          isTarget = true
        } else if (isTarget) {
          isTarget = false
        } else if (call === undefined) {
          before = `${before} ${token}`.trim()
          if (programs.some((program) => program.test(before))) {
            call = []
            found.push(call)
          }
        } else {
          call.push(unquoted(token))
        }
      }
      return found
    })
