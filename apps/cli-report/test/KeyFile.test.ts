import { execFileSync } from "node:child_process"
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { writeFile } from "node:fs/promises"
import { join } from "node:path"
import type { Emulator } from "@effect-elnudge/emulator"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as KeyTraces from "./KeyTraces.ts"
import * as ServedShop from "./ServedShop.ts"

const { assertNowhere, key, newKey } = KeyTraces
const { october, serve } = ServedShop

describe("a key file", () => {
  const rotation = { rules: [{ fault: "key-rotated", at: "9-", keys: newKey }] } as const

  /** The file is written before the request that meets the new key. */
  const rotating = (
    rotated: (file: string) => void,
    use: (shop: ServedShop.ServedShop, file: string) => Effect.Effect<void>,
  ) =>
    Effect.suspend(() => {
      let file = ""
      const options: Partial<Emulator.Options> = {
        key,
        faults: rotation,
        fault: ({ number }) => {
          if (number === 9) rotated(file)
          return undefined
        },
      }
      return serve(options, (shop) => {
        mkdirSync(join(shop.folder, "secret"))
        file = join(shop.folder, "secret", "key")
        writeFileSync(file, `${key}\n`, { mode: 0o600 })
        return use(shop, file)
      })
    })

  const fromFile = (file: string) => ({ env: { ELNUDGE_API_KEY: "", ELNUDGE_API_KEY_FILE: file } })
  const attribution = ["attribution", ...october, "--format", "csv", "--log-level", "all"]

  it.live("that changes during the run goes on to the same bytes", () =>
    Effect.gen(function* () {
      const whole = yield* serve({}, ({ run }) => run(attribution))
      assert.strictEqual(whole.exitCode, 0, whole.stderr)
      yield* rotating(
        (file) => writeFileSync(file, newKey),
        ({ folder, run }, file) =>
          Effect.gen(function* () {
            const result = yield* run([...attribution, "--checkpoint", join(folder, "place")], fromFile(file))
            assert.strictEqual(result.exitCode, 0, result.stderr)
            assert.include(result.stderr, "going on with the one that was read again")
            assert.strictEqual(result.stdout, whole.stdout)
            assertNowhere({ stdout: result.stdout, stderr: result.stderr })
          }),
      )
    }),
  )

  const unchanged: ReadonlyArray<readonly [string, (file: string) => void, string]> = [
    ["does not change", () => {}, "refused already"],
    ["changes to a wrong one", (file) => writeFileSync(file, `${newKey}x`), "refused already"],
    ["is emptied", (file) => writeFileSync(file, ""), "the API key is empty"],
  ]
  it.live.each(unchanged)("that %s ends the run: 3, with a checkpoint that holds no key", ([, rotated, says]) =>
    rotating(rotated, ({ folder, run }, file) =>
      Effect.gen(function* () {
        const place = join(folder, "place")
        const result = yield* run([...attribution, "--checkpoint", place], fromFile(file))
        assert.strictEqual(result.exitCode, 3, result.stderr)
        assert.include(result.stderr, "The API refused the key: 401")
        assert.include(result.stderr, says)
        assert.include(result.stderr, `checkpoint: ${place} has`)
        assertNowhere({ stdout: result.stdout, stderr: result.stderr, place: readFileSync(place, "utf8") })
      }),
    ),
  )

  it.live("is not what a key of the environment comes from: a rotated one ends the run", () =>
    rotating(
      () => {},
      ({ run }) =>
        Effect.gen(function* () {
          const result = yield* run(attribution)
          assert.strictEqual(result.exitCode, 3, result.stderr)
          assert.include(result.stderr, "Check that ELNUDGE_API_KEY holds")
        }),
    ),
  )

  it.live("that others can read is warned of once, on stderr", () =>
    rotating(
      (file) => writeFileSync(file, newKey),
      ({ folder, run }, file) =>
        Effect.gen(function* () {
          const place = join(folder, "place")
          const command = ["cohorts", ...october, "--checkpoint", place]
          chmodSync(file, 0o644)
          const warned = yield* run(command, fromFile(file))
          assert.strictEqual(warned.exitCode, 0, warned.stderr)
          assert.strictEqual(warned.stderr.split("chmod 600").length, 2, warned.stderr)
          assert.notInclude(warned.stdout, "chmod")
          const quiet = yield* run([...command, "--quiet"], fromFile(file))
          assert.deepStrictEqual([quiet.exitCode, quiet.stderr], [0, ""])
          chmodSync(file, 0o600)
          const silent = yield* run(command, fromFile(file))
          assert.deepStrictEqual([silent.exitCode, silent.stdout], [0, warned.stdout], silent.stderr)
          assert.notInclude(silent.stderr, "chmod")
        }),
    ),
  )

  it.live("that is a pipe cannot be read twice, as a checkpoint needs it: 2, at once", () =>
    rotating(
      () => {},
      ({ folder, run }) =>
        Effect.gen(function* () {
          const pipe = join(folder, "pipe")
          execFileSync("mkfifo", ["-m", "600", pipe])
          yield* Effect.forkChild(Effect.promise(() => writeFile(pipe, key)))
          const result = yield* run(["cohorts", ...october, "--checkpoint", join(folder, "place")], fromFile(pipe))
          assert.include(result.stderr, `the key file ${pipe} is not a regular file, and is read only once`)
          assert.strictEqual(result.requests, 0)
          assert.strictEqual(result.exitCode, 2, result.stderr)
        }),
    ),
  )
})
