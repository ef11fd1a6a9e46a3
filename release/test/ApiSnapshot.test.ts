import { describe, expect, it } from "@effect/vitest"
import * as ApiSnapshot from "../ApiSnapshot.ts"
import * as Packages from "../Packages.ts"

// The compiler works in parallel: the members of a union that it inferred come in one order today, in another tomorrow.
const unordered = (declarations: string): string =>
  declarations
    .split(/^(?=export )/m)
    .map((statement) => (statement.match(/[\w$]+|\S/g) ?? []).toSorted().join(" "))
    .join("\n")

describe.each(Packages.libraries)("the public declarations of $name", (of) => {
  it("are those of docs/api: for a change, add a changeset and run `npx --yes pnpm@12 api <changeset>`", () => {
    const [built, kept] = [ApiSnapshot.declarations(of), ApiSnapshot.read(of).declarations]
    if (unordered(built) !== unordered(kept)) expect(built).toBe(kept)
    expect(unordered(built)).toBe(unordered(kept))
  })

  it("last changed with a changeset", () => {
    expect(ApiSnapshot.unexplained(ApiSnapshot.read(of), of)).toBeUndefined()
  })

  it("hold no comment, and each public module", () => {
    const { declarations } = ApiSnapshot.read(of)
    const heads = Array.from(declarations.matchAll(/^\/\/ (@\S+)$/gm), ([, head]) => head)
    const modules = Object.keys(of.exports).filter((subpath) => !subpath.endsWith(".json"))
    expect(heads).toEqual(modules.map((subpath) => of.name + subpath.slice(1)))
    expect(declarations).not.toContain("/**")
  })
})

describe("a change is explained", () => {
  const of = { name: "@effect-elnudge/core", version: "0.2.0" }
  const changesets: ApiSnapshot.Changesets = (name) =>
    ({ here: '---\n"@effect-elnudge/core": minor\n---\n', other: '---\n"@effect-elnudge/report": patch\n---\n' })[name]

  it.each([
    { changeset: "here", version: "0.2.0", why: undefined },
    { changeset: "consumed", version: "0.1.0", why: undefined },
    { changeset: "consumed", version: "0.1.9", why: undefined },
    { changeset: "gone", version: "0.2.0", why: /there is no \.changeset\/gone\.md/ },
    { changeset: "gone", version: "0.10.0", why: /there is no/ },
    { changeset: "other", version: "0.1.0", why: /does not name @effect-elnudge\/core/ },
  ])("by $changeset, after $version: $why", ({ changeset, version, why }) => {
    const said = ApiSnapshot.unexplained({ changeset, version }, of, changesets)
    if (why === undefined) expect(said).toBeUndefined()
    else expect(said).toMatch(why)
  })
})
